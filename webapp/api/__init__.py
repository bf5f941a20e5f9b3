"""The JSON interface as data: its calls, what they take and give, and the document made from that."""
