"""What requests are made of, as dated data: class trees, scene templates, flows.

Each is an *edition* (``models.Edition``): a document of one unit, drafted, checked, released from a date on, and never
changed afterwards, so that a request keeps what it was made with.
"""
