#include <limits>

#include "in_codec.h"

namespace mainstay::wire {
namespace {

using Sign = Reader::Sign;
using Role = pb::ContactAdded::Role;
using Reason = pb::ClientLost::Reason;

static_assert(pb::ContactAdded::DECISION_MAKER == ProtoEnum<Role>(ContactRole::kDecisionMaker));
static_assert(pb::ContactAdded::USER == ProtoEnum<Role>(ContactRole::kUser));
static_assert(pb::ContactAdded::FINANCE == ProtoEnum<Role>(ContactRole::kFinance));
static_assert(pb::ContactAdded::TECHNICAL == ProtoEnum<Role>(ContactRole::kTechnical));
static_assert(pb::ContactAdded::CHAMPION == ProtoEnum<Role>(ContactRole::kChampion));
static_assert(pb::ContactAdded::OTHER == ProtoEnum<Role>(ContactRole::kOther));
static_assert(pb::ClientLost::COMPETITOR == ProtoEnum<Reason>(LossReason::kCompetitor));
static_assert(pb::ClientLost::PRICE == ProtoEnum<Reason>(LossReason::kPrice));
static_assert(pb::ClientLost::SERVICE == ProtoEnum<Reason>(LossReason::kService));
static_assert(pb::ClientLost::CLOSED == ProtoEnum<Reason>(LossReason::kClosed));
static_assert(pb::ClientLost::OTHER == ProtoEnum<Reason>(LossReason::kOther));

// ClientRegistered and ClientUpdated have the same fields but for the name.
template <class Proto>
void ReadAttributes(Reader& reader, const Proto& from, ClientAttributes* to) {
  if (from.has_industry()) to->industry = from.industry();
  to->employees = reader.OptionalNumber<std::int64_t>("employees", from.has_employees(), from.employees(), 0,
                                                      std::numeric_limits<std::int64_t>::max());
  to->annual_revenue =
      reader.OptionalMoney("annualRevenue", from.has_annual_revenue(), from.annual_revenue(), Sign::kNotNegative);
  to->time_zone = reader.OptionalZone("timeZone", from.has_time_zone(), from.time_zone());
  to->since = reader.OptionalDay("since", from.has_since(), from.since());
  to->owner = reader.OptionalId<RepId>("ownerId", from.has_owner_id(), from.owner_id());
  to->support_reps = reader.Ids<RepId>("supportRepIds", from.support_rep_ids());
  for (int i = 0; i < from.departments_size(); ++i) {
    const Reader::Inside inside(reader, "departments", i);
    const pb::Department& department = from.departments(i);
    to->departments.push_back(
        {reader.RequiredId<DepartmentId>("departmentId", department.department_id()), department.name()});
  }
  for (int i = 0; i < from.locations_size(); ++i) {
    const Reader::Inside inside(reader, "locations", i);
    const pb::Location& location = from.locations(i);
    to->locations.push_back({reader.RequiredId<LocationId>("locationId", location.location_id()), location.name()});
  }
}

template <class Proto>
void WriteAttributes(const ClientAttributes& from, Proto* to) {
  if (from.name) to->set_name(*from.name);
  if (from.industry) to->set_industry(*from.industry);
  if (from.employees) to->set_employees(*from.employees);
  if (from.annual_revenue) WriteMoney(*from.annual_revenue, to->mutable_annual_revenue());
  if (from.time_zone) to->set_time_zone(*from.time_zone);
  if (from.since) to->set_since(FormatDay(*from.since));
  if (from.owner) to->set_owner_id(from.owner->raw());
  for (const RepId& rep : from.support_reps) to->add_support_rep_ids(rep.raw());
  for (const Department& department : from.departments) {
    pb::Department* added = to->add_departments();
    added->set_department_id(department.id.raw());
    added->set_name(department.name);
  }
  for (const Location& location : from.locations) {
    pb::Location* added = to->add_locations();
    added->set_location_id(location.id.raw());
    added->set_name(location.name);
  }
}

using ProtoLines = google::protobuf::RepeatedPtrField<pb::OrderLine>;

// The sum of the magnitudes must be money too, so that whoever adds lines up, in any order, cannot overflow.
void AddMagnitude(Reader& reader, std::string_view field, Money amount, Money* sum) {
  const std::optional<Money> added = CheckedAdd(*sum, amount < Money{} ? -amount : amount);
  if (!added) reader.Refuse(field, "makes the sum of the lines too large");
  *sum = added.value_or(Money{});
}

std::vector<OrderLine> ReadLines(Reader& reader, const ProtoLines& from, Currency& currency) {
  std::vector<OrderLine> lines;
  lines.reserve(static_cast<std::size_t>(from.size()));
  Money amounts;
  Money margins;
  for (int i = 0; i < from.size() && reader.ok(); ++i) {
    const Reader::Inside inside(reader, "lines", i);
    const pb::OrderLine& line = from.Get(i);
    OrderLine& to = lines.emplace_back();
    to.product = reader.RequiredId<ProductId>("productId", line.product_id());
    to.quantity = reader.OptionalNumber<std::int64_t>("quantity", line.has_quantity(), line.quantity(), 0,
                                                      std::numeric_limits<std::int64_t>::max());
    to.amount = reader.MoneyIn("amount", line.has_amount(), line.amount(), Sign::kAny, currency);
    AddMagnitude(reader, "amount", to.amount, &amounts);
    if (line.has_margin()) {
      to.margin = reader.MoneyIn("margin", true, line.margin(), Sign::kAny, currency);
      AddMagnitude(reader, "margin", *to.margin, &margins);
    }
    to.department = reader.OptionalId<DepartmentId>("departmentId", line.has_department_id(), line.department_id());
    to.location = reader.OptionalId<LocationId>("locationId", line.has_location_id(), line.location_id());
  }
  return lines;
}

std::vector<OrderLine> RequiredLines(Reader& reader, const ProtoLines& from, Currency& currency) {
  if (from.empty()) reader.Refuse("lines", "is empty; an order has at least one line");
  return ReadLines(reader, from, currency);
}

void WriteLines(const std::vector<OrderLine>& from, const Currency& currency, ProtoLines* to) {
  to->Reserve(static_cast<int>(from.size()));
  for (const OrderLine& line : from) {
    pb::OrderLine* added = to->Add();
    added->set_product_id(line.product.raw());
    if (line.quantity) added->set_quantity(*line.quantity);
    WriteMoney(line.amount, currency, added->mutable_amount());
    if (line.margin) WriteMoney(*line.margin, currency, added->mutable_margin());
    if (line.department) added->set_department_id(line.department->raw());
    if (line.location) added->set_location_id(line.location->raw());
  }
}

}  // namespace

void Read(Reader& reader, const pb::ClientRegistered& from, ClientRegistered* to) {
  to->attributes.name = reader.RequiredText("name", from.name());
  ReadAttributes(reader, from, &to->attributes);
}

void Write(const ClientRegistered& from, pb::ClientRegistered* to) { WriteAttributes(from.attributes, to); }

void Read(Reader& reader, const pb::ClientUpdated& from, ClientUpdated* to) {
  if (from.has_name()) to->changes.name = reader.RequiredText("name", from.name());
  ReadAttributes(reader, from, &to->changes);
}

void Write(const ClientUpdated& from, pb::ClientUpdated* to) { WriteAttributes(from.changes, to); }

void Read(Reader& reader, const pb::OwnerChanged& from, OwnerChanged* to) {
  to->owner = reader.RequiredId<RepId>("ownerId", from.owner_id());
}

void Write(const OwnerChanged& from, pb::OwnerChanged* to) { to->set_owner_id(from.owner.raw()); }

void Read(Reader& reader, const pb::ContactAdded& from, ContactAdded* to) {
  to->contact = reader.RequiredId<ContactId>("contactId", from.contact_id());
  if (from.has_name()) to->name = from.name();
  if (from.has_email()) to->email = from.email();
  to->role = reader.OptionalEnum("role", from.has_role(), from.role(), ContactRole::kOther);
  to->department = reader.OptionalId<DepartmentId>("departmentId", from.has_department_id(), from.department_id());
  to->location = reader.OptionalId<LocationId>("locationId", from.has_location_id(), from.location_id());
}

void Write(const ContactAdded& from, pb::ContactAdded* to) {
  to->set_contact_id(from.contact.raw());
  if (from.name) to->set_name(*from.name);
  if (from.email) to->set_email(*from.email);
  if (from.role) to->set_role(ProtoEnum<Role>(*from.role));
  if (from.department) to->set_department_id(from.department->raw());
  if (from.location) to->set_location_id(from.location->raw());
}

void Read(Reader& reader, const pb::ContactRemoved& from, ContactRemoved* to) {
  to->contact = reader.RequiredId<ContactId>("contactId", from.contact_id());
}

void Write(const ContactRemoved& from, pb::ContactRemoved* to) { to->set_contact_id(from.contact.raw()); }

void Read(Reader& reader, const pb::OrderPlaced& from, OrderPlaced* to) {
  to->order = reader.RequiredId<OrderId>("orderId", from.order_id());
  to->lines = RequiredLines(reader, from.lines(), to->currency);
  to->contact = reader.OptionalId<ContactId>("contactId", from.has_contact_id(), from.contact_id());
  to->prompt = reader.OptionalId<PromptId>("promptId", from.has_prompt_id(), from.prompt_id());
}

void Write(const OrderPlaced& from, pb::OrderPlaced* to) {
  to->set_order_id(from.order.raw());
  WriteLines(from.lines, from.currency, to->mutable_lines());
  if (from.contact) to->set_contact_id(from.contact->raw());
  if (from.prompt) to->set_prompt_id(from.prompt->raw());
}

void Read(Reader& reader, const pb::OrderCorrected& from, OrderCorrected* to) {
  to->order = reader.RequiredId<OrderId>("orderId", from.order_id());
  to->lines = RequiredLines(reader, from.lines(), to->currency);
}

void Write(const OrderCorrected& from, pb::OrderCorrected* to) {
  to->set_order_id(from.order.raw());
  WriteLines(from.lines, from.currency, to->mutable_lines());
}

void Read(Reader& reader, const pb::OrderRefunded& from, OrderRefunded* to) {
  to->refund = reader.RequiredId<RefundId>("refundId", from.refund_id());
  to->order = reader.OptionalId<OrderId>("orderId", from.has_order_id(), from.order_id());
  to->amount = reader.MoneyIn("amount", from.has_amount(), from.amount(), Sign::kPositive, to->currency);
  to->lines = ReadLines(reader, from.lines(), to->currency);
}

void Write(const OrderRefunded& from, pb::OrderRefunded* to) {
  to->set_refund_id(from.refund.raw());
  if (from.order) to->set_order_id(from.order->raw());
  WriteMoney(from.amount, from.currency, to->mutable_amount());
  WriteLines(from.lines, from.currency, to->mutable_lines());
}

void Read(Reader& reader, const pb::ContractSigned& from, ContractSigned* to) {
  to->contract = reader.RequiredId<ContractId>("contractId", from.contract_id());
  to->value = reader.RequiredMoney("value", from.has_value(), from.value(), Sign::kNotNegative);
  to->start = reader.RequiredDay("start", from.start());
  to->end = reader.RequiredDay("end", from.end());
  if (to->end < to->start) reader.Refuse("end", "is " + from.end() + ", before the start " + from.start());
  to->auto_renew = from.auto_renew();
}

void Write(const ContractSigned& from, pb::ContractSigned* to) {
  to->set_contract_id(from.contract.raw());
  WriteMoney(from.value, to->mutable_value());
  to->set_start(FormatDay(from.start));
  to->set_end(FormatDay(from.end));
  if (from.auto_renew) to->set_auto_renew(true);
}

void Read(Reader& reader, const pb::ContractRenewed& from, ContractRenewed* to) {
  to->contract = reader.RequiredId<ContractId>("contractId", from.contract_id());
  to->end = reader.RequiredDay("end", from.end());
  to->value = reader.OptionalMoney("value", from.has_value(), from.value(), Sign::kNotNegative);
}

void Write(const ContractRenewed& from, pb::ContractRenewed* to) {
  to->set_contract_id(from.contract.raw());
  to->set_end(FormatDay(from.end));
  if (from.value) WriteMoney(*from.value, to->mutable_value());
}

void Read(Reader& reader, const pb::ContractEnded& from, ContractEnded* to) {
  to->contract = reader.RequiredId<ContractId>("contractId", from.contract_id());
  if (from.has_reason()) to->reason = from.reason();
}

void Write(const ContractEnded& from, pb::ContractEnded* to) {
  to->set_contract_id(from.contract.raw());
  if (from.reason) to->set_reason(*from.reason);
}

void Read(Reader& reader, const pb::ClientLost& from, ClientLost* to) {
  if (from.reason() == pb::ClientLost::REASON_UNSPECIFIED) {
    reader.Refuse("reason", "is missing; a loss needs one of COMPETITOR, PRICE, SERVICE, CLOSED, OTHER");
  }
  to->reason = reader.RequiredEnum("reason", from.reason(), LossReason::kOther);
  if (from.has_competitor()) to->competitor = from.competitor();
  if (from.has_note()) to->note = from.note();
}

void Write(const ClientLost& from, pb::ClientLost* to) {
  to->set_reason(ProtoEnum<Reason>(from.reason));
  if (from.competitor) to->set_competitor(*from.competitor);
  if (from.note) to->set_note(*from.note);
}

void Read(Reader&, const pb::ClientReturned&, ClientReturned*) {}
void Write(const ClientReturned&, pb::ClientReturned*) {}

}  // namespace mainstay::wire
