#include "health_query.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <string>
#include <utility>

#include "mainstay/ledger/ledger_tables.h"
#include "mainstay/segmentation/book_health.h"
#include "mainstay/segmentation/capacity.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::segmentation {
namespace {

namespace q = query::v1;
using door::SetMoney;

constexpr double kFivePercent = 0.05;

const char* ReasonName(LossReason reason) {
  switch (reason) {
    case LossReason::kCompetitor: return "COMPETITOR";
    case LossReason::kPrice: return "PRICE";
    case LossReason::kService: return "SERVICE";
    case LossReason::kClosed: return "CLOSED";
    case LossReason::kOther: break;
  }
  return "OTHER";
}

std::vector<HealthClient> ClientsOf(const Book& book) {
  std::vector<HealthClient> clients;
  clients.reserve(book.clients.size());
  for (const KnownClient& known : book.clients) {
    const ClientRecord& record = known.record;
    const PersonaFacts facts = record.persona_facts(book.view.at);
    const auto annual = record.annual_revenue ? record.annual_revenue->In(book.record.currency) : std::nullopt;
    clients.push_back({known.id, facts.revenue, facts.previous, facts.minutes, record.lost, facts.referral,
                       record.employees, annual, book.PersonaOf(record).persona, facts.order_days, facts.products,
                       facts.departments});
  }
  return clients;
}

double ShareOf(const LossRecord& loss) { return LossSeverity(loss.revenue, loss.book); }

void FillLosses(const Book& book, q::GetHealthResponse& out) {
  std::vector<const KnownClient*> lost;
  for (const KnownClient& client : book.clients) {
    const auto& loss = client.record.loss;
    if (loss && loss->at + ledger::kTrailingWindow > book.view.at) lost.push_back(&client);
  }
  std::ranges::stable_sort(lost, [](const KnownClient* a, const KnownClient* b) {
    return ShareOf(*a->record.loss) > ShareOf(*b->record.loss);
  });
  for (const KnownClient* client : lost) {
    const LossRecord& loss = *client->record.loss;
    q::Loss& row = *out.add_losses();
    row.set_client(client->id.raw());
    row.set_lost_at(FormatInstant(loss.at));
    row.set_reason(ReasonName(loss.reason));
    if (loss.competitor) row.set_competitor(*loss.competitor);
    row.set_tier(std::string(TierName(loss.tier)));
    SetMoney(loss.revenue, book.currency(), *row.mutable_revenue());
    if (loss.book > Money{}) row.set_share(ShareOf(loss));
    row.set_event_id(loss.event.raw());
  }
}

struct Booked {
  Money all;
  Money base;      // Of clients that had ordered before 1 January.
  Money trailing;  // Of the same.
};

// Order days of the year, up to the moment of the question.
Result<Booked> BookedSince(const Book& book, Day from) {
  const auto is_base = [&](const ClientRecord& client) { return client.first_day && *client.first_day < from; };
  Booked booked;
  for (const KnownClient& client : book.clients) {
    const Money revenue = client.record.window.trailing;
    if (is_base(client.record) && revenue > Money{}) booked.trailing += revenue;
  }
  const std::string prefix = book.view.book.raw() + '\0';
  const auto first = static_cast<std::int64_t>(ToDayNumber(from));
  const auto last = static_cast<std::int64_t>(ToDayNumber(DayOf(book.view.at)));
  RevenueSum all = 0;
  RevenueSum base = 0;
  auto client = book.clients.begin();  // They come by id, as the days do.
  MAINSTAY_TRY(book.view.snapshot->Scan(kOrderDays, prefix, {}, [&](std::string_view key, std::string_view value) {
    const std::string_view rest = key.substr(prefix.size());
    const std::string_view id = rest.substr(0, rest.find('\0'));
    const std::int64_t day = stream::ReadOrderedInt64(rest.substr(id.size() + 1));
    if (day < first || day > last) return true;
    while (client != book.clients.end() && client->id.raw() < id) ++client;
    const Money net = Money::FromUnits(stream::ReadOrderedInt64(value));
    all += net.units();
    if (client != book.clients.end() && client->id.raw() == id && is_base(client->record)) base += net.units();
    return true;
  }));
  booked.all = ClampedMoney(all);
  booked.base = ClampedMoney(base);
  return booked;
}

Result<void> FillCoverage(const Book& book, q::GetHealthResponse& out) {
  const std::chrono::year_month_day today{DayOf(book.view.at)};
  const auto target = book.record.targets.find(static_cast<int>(today.year()));
  if (target == book.record.targets.end()) return {};
  const std::optional<Money> in_currency = target->second.amount.In(book.record.currency);
  if (!in_currency) return {};
  const Money amount = *in_currency;
  const Day from{today.year() / std::chrono::January / 1};
  const Day to{(today.year() + std::chrono::years{1}) / std::chrono::January / 1};
  MAINSTAY_TRY_ASSIGN(booked, BookedSince(book, from));
  q::Coverage& coverage = *out.mutable_coverage();
  coverage.set_year(target->first);
  SetMoney(amount, book.currency(), *coverage.mutable_target());
  SetMoney(booked.all, book.currency(), *coverage.mutable_booked());
  const int days_left = static_cast<int>((to - DayOf(book.view.at)).count()) - 1;
  if (const auto base = BaseCoverage(booked.base, booked.trailing, days_left, amount)) coverage.set_base(*base);
  if (amount > Money{}) coverage.set_booked_share(LossSeverity(booked.all, amount));
  if (target->second.paying_clients) coverage.set_paying_clients_target(*target->second.paying_clients);
  return {};
}

void FillBands(const std::vector<SizeBand>& bands, const Currency& currency,
               google::protobuf::RepeatedPtrField<q::SizeRow>& out) {
  for (const SizeBand& band : bands) {
    q::SizeRow& row = *out.Add();
    row.set_band(band.name);
    row.set_clients(band.clients);
    SetMoney(band.revenue, currency, *row.mutable_revenue());
    if (band.retention) row.set_retention(*band.retention);
    row.set_referrals(band.referrals);
    if (band.minutes_per_thousand) row.set_minutes_per_thousand(*band.minutes_per_thousand);
  }
}

void FillProfile(const Profile& profile, q::ProfileOfClients& out) {
  out.set_clients(profile.clients);
  if (profile.revenue) out.set_revenue(*profile.revenue);
  if (profile.employees) out.set_employees(*profile.employees);
  if (profile.annual_revenue) out.set_annual_revenue(*profile.annual_revenue);
  if (profile.products) out.set_products(*profile.products);
  if (profile.departments) out.set_departments(*profile.departments);
  if (profile.order_days) out.set_order_days(*profile.order_days);
  if (profile.minutes) out.set_minutes(*profile.minutes);
}

}  // namespace

BookHealth HealthOf(const Book& book) { return HealthOf(ClientsOf(book)); }

void FillEconomics(const Book& book, const BookRecord& policy, const BookHealth& health, q::Economics& out) {
  const PolicyValues& values = policy.values;
  const auto money = [&](double amount, q::Money& to) {
    SetMoney(ScaleHalfUp(Money::FromUnits(Money::kUnitsPerWhole), amount), book.currency(), to);
  };
  money(values.acquisition_cost, *out.mutable_acquisition_cost());
  money(values.keep_cost_low, *out.mutable_keep_cost_low());
  money(values.keep_cost_high, *out.mutable_keep_cost_high());
  if (values.keep_cost_high > 0) out.set_times_low(values.acquisition_cost / values.keep_cost_high);
  if (values.keep_cost_low > 0) out.set_times_high(values.acquisition_cost / values.keep_cost_low);
  double buyers = 0;
  double repeaters = 0;
  for (const KnownClient& client : book.clients) {
    buyers += client.record.order_days > 0 ? 1 : 0;
    repeaters += client.record.order_days > 1 ? 1 : 0;
  }
  if (buyers > 0) {
    out.set_repeat_share(repeaters / buyers);
    money(values.acquisition_cost * repeaters / buyers, *out.mutable_ahead());
  }
  const auto gone = static_cast<double>(health.before - health.kept);
  out.set_gone_clients(health.before - health.kept);
  money(gone * values.acquisition_cost, *out.mutable_replacing());
  money(gone * values.keep_cost_low, *out.mutable_keeping_low());
  money(gone * values.keep_cost_high, *out.mutable_keeping_high());
  SetMoney(ScaleHalfUp(health.previous, kFivePercent * values.margin), book.currency(), *out.mutable_five_points());
  out.set_margin(values.margin);
  for (const char* name : {"acquisition_cost", "keep_cost_low", "keep_cost_high", "margin"}) {
    if (!policy.thresholds.contains(name)) out.add_defaults(name);
  }
}

namespace {

void FillBase(const Book& book, const BookHealth& health, q::GetHealthResponse& out) {
  const Currency& currency = book.currency();
  out.set_clients(health.paying);
  SetMoney(health.revenue, currency, *out.mutable_revenue());
  out.set_clients_before(health.before);
  SetMoney(health.previous, currency, *out.mutable_revenue_before());
  if (health.retention) out.set_retention(*health.retention);
  out.set_retention_goal(book.record.values.retention_goal);
  if (health.base_growth) out.set_base_growth(*health.base_growth);
  if (health.growth_from_present) out.set_growth_from_present(*health.growth_from_present);
  out.set_minutes_present(health.minutes_present);
  out.set_minutes_new(health.minutes_new);
  SetMoney(health.new_revenue, currency, *out.mutable_wins()->mutable_revenue());
  for (const Erosion& erosion : health.erosion) {
    q::ErosionYear& row = *out.add_erosion();
    row.set_years(erosion.years);
    row.set_clients(erosion.clients);
    SetMoney(erosion.revenue, currency, *row.mutable_revenue());
  }
}

Result<void> FillLine(const Book& book, q::GetHealthResponse& out) {
  const ParetoTotals& totals = book.totals.pareto;
  MAINSTAY_TRY(AnswerPareto(book.record.policy, totals));  // The sums fit.
  out.mutable_above_line()->set_clients(static_cast<std::int64_t>(totals.above_line));
  SetMoney(Money::FromUnits(static_cast<std::int64_t>(totals.above_line_revenue)), book.currency(),
           *out.mutable_above_line()->mutable_revenue());
  MAINSTAY_TRY_ASSIGN(minutes, book.Minutes());
  const auto free = FreeSlots(minutes.per_week, book.Cadences(), book.record.values);
  if (free) out.set_free_slots(*free);
  return {};
}

}  // namespace

Result<void> AnswerHealth(const app::StateReader& state, const stream::Topology& topology,
                          const q::GetHealthRequest& request, q::GetHealthResponse& out) {
  MAINSTAY_TRY_ASSIGN(book, ReadBookWithClients(state, request.query()));
  door::FillHead(topology, book.view, out);
  if (book.record.currency) out.set_currency(book.record.currency->raw());
  const std::vector<HealthClient> clients = ClientsOf(book);
  const BookHealth health = HealthOf(clients);
  FillLosses(book, out);
  FillBase(book, health, out);
  for (const HealthClient& client : clients) {
    if (client.revenue > Money{} && client.previous <= Money{}) out.mutable_wins()->add_clients(client.id.raw());
  }
  MAINSTAY_TRY(FillCoverage(book, out));
  MAINSTAY_TRY(FillLine(book, out));
  FillBands(health.by_revenue, book.currency(), *out.mutable_by_revenue());
  FillBands(health.by_employees, book.currency(), *out.mutable_by_employees());
  FillProfile(health.best, *out.mutable_best());
  FillProfile(health.everybody, *out.mutable_everybody());
  for (const ClientId& id : health.big_names) out.add_big_names(id.raw());
  for (const ClientId& id : health.draining) out.add_draining(id.raw());
  FillEconomics(book, book.record, health, *out.mutable_economics());
  return {};
}

}  // namespace mainstay::segmentation
