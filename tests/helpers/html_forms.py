"""A form as a browser without JavaScript sees it: what is in it, and what a button would send."""

from __future__ import annotations

from html.parser import HTMLParser

Fields = list[tuple[str, str]]


class Form(HTMLParser):
    """The form with an id, read from a page, with the values that it would post."""

    def __init__(self, page: str, form_id: str) -> None:
        super().__init__()
        self._id = form_id
        self._inside = False
        self._select = ""
        self._options: list[tuple[str, bool]] = []
        self._textarea = ""
        self._text: list[str] = []
        self.found = False
        self.action = ""
        self.method = ""
        self.enctype = ""
        self.fields: Fields = []
        self.buttons: list[dict[str, str]] = []
        self.feed(page)
        self.close()
        assert self.found, f"the page has no form {form_id}"

    def fill(self, **values: str) -> Fields:
        """What is posted after these values were typed; `__` in a name stands for a dot."""
        typed = {name.replace("__", "."): value for name, value in values.items()}
        rest = [(name, value) for name, value in self.fields if name not in typed]
        return [*rest, *typed.items()]

    def value(self, name: str) -> str:
        """The value of one field."""
        return dict(self.fields)[name]

    def values(self, name: str) -> list[str]:
        """All values of a name, in their order."""
        return [value for key, value in self.fields if key == name]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("id") == self._id:
            self._inside = self.found = True
            self.action, self.method = given["action"], given["method"]
            self.enctype = given.get("enctype", "")
        if not (self._inside or self._select or given.get("form") == self._id):
            return
        if tag == "button":
            self.buttons.append(given)
        elif tag == "input":
            self._input(given)
        elif tag == "select":
            self._select, self._options = given["name"], []
        elif tag == "option":
            self._options.append((given.get("value", ""), "selected" in given))
            self._text = []
        elif tag == "textarea":
            self._textarea, self._text = given["name"], []

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "option" and self._options and not self._options[-1][0]:
            self._options[-1] = ("".join(self._text).strip(), self._options[-1][1])
        elif tag == "select" and self._select:
            chosen = [value for value, selected in self._options if selected]
            self.fields.append((self._select, (chosen or [self._options[0][0]])[0]))
            self._select = ""
        elif tag == "textarea" and self._textarea:
            # As a browser does: the first line break belongs to the markup.
            self.fields.append((self._textarea, "".join(self._text).removeprefix("\n")))
            self._textarea = ""

    def _input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if kind in ("file", "submit") or "name" not in given:
            return
        if kind not in ("radio", "checkbox") or "checked" in given:
            self.fields.append((given["name"], given.get("value", "on")))
