"""What a page needs beside a template: the create form and its preview, words, numbers, questions."""
