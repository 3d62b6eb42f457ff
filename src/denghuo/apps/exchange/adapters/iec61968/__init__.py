"""The same messages of PMS and OMS in the XML envelope of IEC 61968-100: header with verb, noun and correlation id."""
