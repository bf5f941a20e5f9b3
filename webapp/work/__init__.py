"""What moves by itself: submitting, asking, slots and their pace, tidying up."""
