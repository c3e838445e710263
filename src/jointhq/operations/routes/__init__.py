"""The HTTP face of operations: a module per subject.

Owns: hanging them into an application. Bodies are the structs of `operations.forms`; an error is a `Problem`, as with
people; 401 `not_signed_in` and 404 `not_found` (absent or hidden: the same answer) may come from any path.

The log (permission `watch` reads, `log` writes)
  GET  /api/operations/log?from=&to=&q=&significant=&standing=&known=&before=&limit= -> LogPage
  POST /api/operations/log                    NewForm -> 201 LogRow
  GET  /api/operations/log/{id}               -> LogRow[]     the entry and the corrections of its line
  POST /api/operations/log/{id}/correct       CorrectionForm -> 201 LogRow
  POST /api/operations/log/{id}/mark          MarkForm -> LogRow
  POST /api/operations/files?name=&label=     the bytes -> 201 FileRow      (`plan` too: for an annex)
  GET  /api/operations/files/{id}             the bytes
  GET  /api/operations/labels                 -> LabelChoices     marks to choose from; whoever is signed in
  POST /api/operations/labels                 LabelForm -> LabelSaid      which mark an entry would bear

Orders (permission `watch` reads and answers for its own unit, `plan` drafts, `command` concurs, approves, issues, ends)
  GET  /api/operations/orders                 -> OrderRow[]
  POST /api/operations/orders                 OrderForm -> 201 OrderBody
  GET  /api/operations/orders/choices         -> OrderChoices
  GET  /api/operations/orders/{id}            -> OrderBody
  PUT  /api/operations/orders/{id}            OrderForm -> OrderBody      a draft, whole
  POST /api/operations/orders/{id}/annexes    AnnexForm -> 201 OrderBody  to a draft
  PUT  /api/operations/annexes/{id}           AnnexForm -> OrderBody
  POST /api/operations/annexes/{id}/remove    VersionForm -> OrderBody
  POST /api/operations/orders/{id}/submit     SubmitForm -> OrderBody     to the offices that are asked
  POST /api/operations/orders/{id}/concur     OpinionForm -> OrderBody
  POST /api/operations/orders/{id}/object     OpinionForm -> OrderBody
  POST /api/operations/orders/{id}/return     NoteForm -> OrderBody       a draft again
  POST /api/operations/orders/{id}/approve    NoteForm -> OrderBody
  GET  /api/operations/orders/{id}/look       -> Look                     what issuing it now would do
  POST /api/operations/orders/{id}/issue      VersionForm -> OrderBody    once
  POST /api/operations/orders/{id}/withdraw   ReasonForm -> OrderBody
  POST /api/operations/orders/{id}/cancel     ReasonForm -> OrderBody
  POST /api/operations/orders/{id}/complete   NoteForm -> OrderBody
  POST /api/operations/addressees/{id}/opened -> AddresseeRow
  POST /api/operations/addressees/{id}/answer AnswerForm -> AddresseeRow  ACK, WILCO, CANTCO, HAVCO
  POST /api/operations/addressees/{id}/decide DecisionForm -> AddresseeRow  a request

Missions (`watch` reads, `command` writes)
  GET  /api/operations/missions               -> MissionRow[]
  POST /api/operations/missions               MissionForm -> 201 MissionRow
  PUT  /api/operations/missions/{id}          MissionForm -> MissionRow
  POST /api/operations/missions/{id}/end      ReasonForm -> MissionRow

Combined activities: one shared mission, an order per side (`watch` reads, `command` speaks for its own side)
  GET  /api/operations/combined               -> CombinedRow[]
  POST /api/operations/combined               CombinedForm -> 201 CombinedRow
  PUT  /api/operations/combined/{id}          CombinedForm -> CombinedRow   another text, to be agreed to anew
  POST /api/operations/combined/{id}/agree    VersionForm -> CombinedRow
  POST /api/operations/combined/{id}/order    OwnOrderForm -> CombinedRow
  POST /api/operations/combined/{id}/end      EndForm -> CombinedRow
Refused: 400 `one_nation`, `no_nation`, `not_own_order`; 409 `side_ended`.

Refused beside what the log refuses: 400 `unit_unknown`, `verb_unknown`, `place_half`, `dates`, `task_twice`,
`task_unknown`, `paragraph_twice`, `base`, `supersedes`, `appointment_unknown`, `no_addressee`, `changes_nothing`,
`no_mission`, `reason_missing`, `office_not_asked`, `annex_letter`, `annex_empty`, `annex_ends`;
403 `no_unit`, `not_your_unit`, `not_addressed`; 409
`changed_meanwhile`, `order_state` and `order_over` (params.state), `staffing_open` and `objection` (params.offices),
`answer_order`, `info_only`, `request_open`, `request_decided`, `mission_over`.

Reports (permission `watch` reads; `log` writes, `command` approves, `release` releases, `plan` sets forms and lines)
  GET  /api/operations/reports                -> ReportPage   the latest, what is owed, the forms
  POST /api/operations/reports                ComposeForm -> 201 ReportBody
  GET  /api/operations/reports/{id}           -> ReportBody
  PUT  /api/operations/reports/{id}           EditForm -> ReportBody
  POST /api/operations/reports/{id}/refresh   StepForm -> ReportBody      with what was written since
  POST /api/operations/reports/{id}/approve, /return, /release, /withdraw   StepForm -> ReportBody
  GET  /api/operations/reports/{id}/file?as=text|json|pdf      the document, its banner with it
  PUT  /api/operations/report-forms?version=  Template -> ReportPage     a form of one's own
  POST /api/operations/report-forms/preview   PreviewForm -> SectionRow[]     what it would compose; nothing is written
  POST /api/operations/report-forms/{code}/end -> ReportPage     that one no more
  PUT  /api/operations/report-lines           LineForm -> ReportPage     to whom reports of a form are owed

Handing a watch over (`log` offers; whoever is assigned accepts, with an appointment or without)
  GET  /api/operations/handovers              -> HandoverRow[]
  GET  /api/operations/handovers/offered      -> HandoverRow[]   those that one may accept
  POST /api/operations/handovers/compose      OfferForm -> HandoverRow   what would be offered; nothing is written
  POST /api/operations/handovers              OfferForm -> 201 HandoverRow
  POST /api/operations/handovers/{id}/withdraw -> 204
  POST /api/operations/handovers/{id}/accept  -> 204   the asker holds the appointment from now on

The battle rhythm (`watch` reads, `plan` writes, `log` says what was held and delivered)
  GET  /api/operations/rhythm?from=&to=&zones=   -> RhythmPage     six weeks at most; zones: Asia/Tokyo,...
  GET  /api/operations/rhythm/missing         -> MissingPage       inputs that are due and not there
  GET  /api/operations/rhythm/choices         -> RhythmChoices
  POST /api/operations/rhythm/check           CheckForm -> WarningRow[]    what would be wrong; nothing is written
  POST /api/operations/rhythm                 EventForm -> 201 EventRow
  GET  /api/operations/rhythm/{id}            -> EventRow
  PUT  /api/operations/rhythm/{id}            EventForm -> EventRow        from its schedule's first date on
  POST /api/operations/rhythm/{id}/end        EndForm -> EventRow          undone by PUT
  POST /api/operations/rhythm/{id}/skip, /move, /restore   SkipForm, MoveForm, DayForm -> EventRow
  POST /api/operations/rhythm/{id}/held       HeldForm -> EventRow
  POST /api/operations/rhythm/{id}/delivered  DeliveredForm -> EventRow
  GET  /api/operations/calendars              -> CalendarRow[]     one's own links for calendar programs
  POST /api/operations/calendars              -> 201 CalendarMade
  POST /api/operations/calendars/{id}/revoke  -> 204
  GET  /api/operations/rhythm.ics?key=&language=     the calendar, by such a link alone; 404 once access has ended

Refused beside what the log refuses: 400 `zone_unknown`, `weekdays`, `dates`, `input_empty`, `input_twice`,
`input_unknown`, `output_empty`, `event_unknown`, `feeds_itself`, `form_unknown`, `member_unknown`,
`no_occurrence`, `moved_far`, `above_highest`; 409 `changed_meanwhile`, `event_over`, `occurrence_skipped`,
`occurrence_held`, `not_yet`, `zones_many` (params.max).
CCIR (permission `watch` reads and acknowledges, `plan` drafts, `command` approves, answers, ends, `log` names a hit)
  GET  /api/operations/requirements/choices   -> Choices      what the forms of CCIR and RFI offer
  GET  /api/operations/ccir                   -> CcirPage     with the hits that wait for the asker
  POST /api/operations/ccir                   CcirForm -> 201 CcirBody
  GET  /api/operations/ccir/{id}              -> CcirBody
  PUT  /api/operations/ccir/{id}              CcirForm -> CcirBody        a draft, whole
  POST /api/operations/ccir/{id}/approve      VersionForm -> CcirBody
  POST /api/operations/ccir/{id}/answer, /resume   NoteForm -> CcirBody   also for its owner
  POST /api/operations/ccir/{id}/end          ReasonForm -> CcirBody
  POST /api/operations/ccir/{id}/look         HitLookForm -> CcirLook     who would be told, who could not see it
  POST /api/operations/ccir/{id}/hit          HitForm -> 201 CcirBody     an entry of the log answers it
  POST /api/operations/hits/{id}/acknowledge  -> HitRow
  POST /api/operations/hits/{id}/strike       StrikeForm -> HitRow        it was none

RFI (permission `watch` reads, `log` asks, triages and closes for its own unit; the appointment that is tasked answers)
  GET  /api/operations/rfi                    -> RfiPage      with the figures
  POST /api/operations/rfi                    RfiForm -> 201 RfiBody
  POST /api/operations/rfi/similar            SimilarForm -> RfiName[]
  GET  /api/operations/rfi/{id}               -> RfiBody
  PUT  /api/operations/rfi/{id}               RfiForm -> RfiBody
  POST /api/operations/rfi/{id}/validate, /satisfy, /reopen, /withdraw   NoteForm -> RfiBody
  POST /api/operations/rfi/{id}/task          TaskForm -> RfiBody         the similar ones have been looked at
  POST /api/operations/rfi/{id}/look          AnswerLookForm -> AnswerLook   whether who asked would see the answer
  POST /api/operations/rfi/{id}/answer        AnswerForm -> RfiBody
  POST /api/operations/rfi/{id}/return        ReturnForm -> RfiBody

Refused beside what the log refuses: 400 `appointment_unknown`, `unit_unknown`, `unit_narrower`, `entry_unknown`,
`report_unknown`, `ccir_unknown`, `ltiov_past`, `replaces`, `decision_missing`, `notify_missing`, `nobody_reads`,
`duplicate`; 403 `no_unit`, `not_your_unit`, `not_addressed`, `not_your_desk`; 409 `hit_already`, `hit_struck`,
`similar` (params.rfis), and `own_work`, `not_in_state`, `changed_meanwhile` as below.

Refused: 400 `bad_input`, `label_unknown`, `time_form`, `time_range`, `place_form`, `track_unknown`, `blank` and
`characters` (params.field), `file_unknown`, `file_empty`, `form_unknown`, `form_wrong`, `words_missing`,
`entry_unknown`, `section_unknown`, `sentence_twice`, `report_long`, `note_missing`, `addressee_missing`,
`period_wrong`; 403 `not_permitted`,
`label_above_you`; 409 `corrected_already`, `changed_meanwhile`, `not_in_state` (params.state), `own_work`,
`report_empty`, `period_over` (params.as_of_ms), `report_stale` (params.n), `handover_over`, `too_many` (params.max);
503 `full` (whatever it is of: it counts what the asker may not see, too), `disk_full` and the journal's other refusals.
"""

from litestar import Router

from jointhq.operations.routes import files, log
from jointhq.operations.routes.ccir import CCIR_ROUTES
from jointhq.operations.routes.combined import COMBINED_ROUTES
from jointhq.operations.routes.handover import HANDOVER_ROUTES
from jointhq.operations.routes.labels import LABEL_ROUTES
from jointhq.operations.routes.missions import MISSION_ROUTES
from jointhq.operations.routes.orders import ORDER_ROUTES
from jointhq.operations.routes.reports import REPORT_ROUTES
from jointhq.operations.routes.rfi import RFI_ROUTES
from jointhq.operations.routes.rhythm import RHYTHM_ROUTES
from jointhq.people.guards import ERRORS, from_same_origin, problem


def operations_routes() -> Router:
    """Return all of this to be hung into an application whose `state.operations` is an `Operations`."""
    return Router(
        "/",
        guards=[from_same_origin],
        exception_handlers=dict.fromkeys(ERRORS, problem),
        route_handlers=[
            *ORDER_ROUTES,
            *MISSION_ROUTES,
            *COMBINED_ROUTES,
            log.get_log,
            log.post_entry,
            log.get_line,
            log.post_correction,
            log.post_mark,
            files.post_file,
            files.get_file,
            *LABEL_ROUTES,
            *REPORT_ROUTES,
            *CCIR_ROUTES,
            *RFI_ROUTES,
            *HANDOVER_ROUTES,
            *RHYTHM_ROUTES,
        ],
    )
