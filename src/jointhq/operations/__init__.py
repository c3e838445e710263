"""Operations: what a headquarters orders, logs, reports and hands over.

Four rooms, each a folder with a module per subject: `records` (what can be written), `rules` (who may, pure functions
to drafts or a refusal), `views` (projections and what is shown, through the door), `routes` (HTTP). `forms` has their
JSON shapes; `operations.Operations` is the only writer.
"""
