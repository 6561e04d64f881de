"""Accountability: for each clause of the adopted policy the evidence that it is kept, re-measured now.

A clause is carried only if a provider here measures it on live data and a test breaks that data and sees the clause
turn into a finding. What cannot be measured is told as such, never as kept. Everything here is pure: `systems` gathers
the facts and writes the pages.
"""
