"""What the routes of command take and give, as typed JSON: a module per subject.

Times are milliseconds since 1970; `until_ms` 0 is no end; intervals are half-open. Every read takes `known` (as written
by then) and `at` (in force then); left out: now. Everything is what the reader may see: a relation to a unit that is
hidden is not there, and sums are of what is there. `mark` is the portion mark, "(U)"; a form's `label` is a mark as it
is typed, "" the default. `version` names the record that an answer stands in; who changes something sends it back and
is told `changed_meanwhile` if another was faster.
"""
