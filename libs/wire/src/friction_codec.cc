// Emergencies, complaints, competitors, priorities, promises: what went wrong and what was said about it.
#include "in_codec.h"

namespace mainstay::wire {

void Read(Reader& reader, const pb::EmergencyRaised& from, EmergencyRaised* to) {
  to->emergency = reader.RequiredId<EmergencyId>("emergencyId", from.emergency_id());
  if (from.has_summary()) to->summary = from.summary();
  if (from.has_severity()) to->severity = from.severity();
}

void Write(const EmergencyRaised& from, pb::EmergencyRaised* to) {
  to->set_emergency_id(from.emergency.raw());
  if (from.summary) to->set_summary(*from.summary);
  if (from.severity) to->set_severity(*from.severity);
}

void Read(Reader& reader, const pb::EmergencyResolved& from, EmergencyResolved* to) {
  to->emergency = reader.RequiredId<EmergencyId>("emergencyId", from.emergency_id());
}

void Write(const EmergencyResolved& from, pb::EmergencyResolved* to) { to->set_emergency_id(from.emergency.raw()); }

void Read(Reader&, const pb::CompetitorCalled& from, CompetitorCalled* to) {
  if (from.has_competitor()) to->competitor = from.competitor();
  if (from.has_channel()) to->channel = from.channel();
  if (from.has_note()) to->note = from.note();
}

void Write(const CompetitorCalled& from, pb::CompetitorCalled* to) {
  if (from.competitor) to->set_competitor(*from.competitor);
  if (from.channel) to->set_channel(*from.channel);
  if (from.note) to->set_note(*from.note);
}

void Read(Reader& reader, const pb::ComplaintMade& from, ComplaintMade* to) {
  to->complaint = reader.RequiredId<ComplaintId>("complaintId", from.complaint_id());
  if (from.has_summary()) to->summary = from.summary();
}

void Write(const ComplaintMade& from, pb::ComplaintMade* to) {
  to->set_complaint_id(from.complaint.raw());
  if (from.summary) to->set_summary(*from.summary);
}

void Read(Reader& reader, const pb::ComplaintResolved& from, ComplaintResolved* to) {
  to->complaint = reader.RequiredId<ComplaintId>("complaintId", from.complaint_id());
}

void Write(const ComplaintResolved& from, pb::ComplaintResolved* to) { to->set_complaint_id(from.complaint.raw()); }

void Read(Reader&, const pb::PrioritiesShifted& from, PrioritiesShifted* to) {
  if (from.has_summary()) to->summary = from.summary();
}

void Write(const PrioritiesShifted& from, pb::PrioritiesShifted* to) {
  if (from.summary) to->set_summary(*from.summary);
}

void Read(Reader& reader, const pb::PromiseMade& from, PromiseMade* to) {
  to->promise = reader.RequiredId<PromiseId>("promiseId", from.promise_id());
  to->what = reader.RequiredText("what", from.what());
  to->due = reader.RequiredDay("due", from.due());
}

void Write(const PromiseMade& from, pb::PromiseMade* to) {
  to->set_promise_id(from.promise.raw());
  to->set_what(from.what);
  to->set_due(FormatDay(from.due));
}

void Read(Reader& reader, const pb::PromiseKept& from, PromiseKept* to) {
  to->promise = reader.RequiredId<PromiseId>("promiseId", from.promise_id());
}

void Write(const PromiseKept& from, pb::PromiseKept* to) { to->set_promise_id(from.promise.raw()); }

void Read(Reader& reader, const pb::PromiseExceeded& from, PromiseExceeded* to) {
  to->promise = reader.RequiredId<PromiseId>("promiseId", from.promise_id());
}

void Write(const PromiseExceeded& from, pb::PromiseExceeded* to) { to->set_promise_id(from.promise.raw()); }

void Read(Reader& reader, const pb::PromiseBroken& from, PromiseBroken* to) {
  to->promise = reader.RequiredId<PromiseId>("promiseId", from.promise_id());
}

void Write(const PromiseBroken& from, pb::PromiseBroken* to) { to->set_promise_id(from.promise.raw()); }

}  // namespace mainstay::wire
