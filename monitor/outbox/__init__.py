"""FLOOR 1. Writes mail: letters from values, and the way out. May touch core, jinja2, css_inline and smtplib only."""
