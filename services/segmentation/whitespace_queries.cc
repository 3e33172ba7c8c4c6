#include "whitespace_queries.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "mainstay/state/v1/segmentation.pb.h"
#include "mainstay/stream/key_builder.h"
#include "next_best.h"
#include "potential_answer.h"
#include "purchases.h"

namespace mainstay::segmentation {
namespace {

namespace q = query::v1;
using door::SetMoney;
using stream::JoinKey;

constexpr std::size_t kMostCells = 1'000;
constexpr std::size_t kMostNext = 10;

// What one client holds, has been assessed for, and could hold.
struct Grid {
  ClientCells own;
  std::set<std::string> catalogue;
  std::set<std::string> known_departments;  // Registered or held.
  std::set<std::string> known_locations;
};

Result<std::set<std::string>> Catalogue(const Book& book) {
  MAINSTAY_TRY_ASSIGN(entries, EntriesBelow(*book.view.snapshot, kProducts, book.view.book.raw() + '\0'));
  std::set<std::string> catalogue;
  for (const auto& [id, bytes] : entries) {
    state::v1::SegmentationProduct product;
    if (!product.ParseFromString(bytes)) return Fail(ErrorCode::kDataLoss, "a stored product is damaged");
    if (book.record.declared_products == 0 || product.declared()) catalogue.insert(id);
  }
  return catalogue;
}

Result<Grid> ReadGrid(const Book& book, const ClientId& client) {
  MAINSTAY_TRY_ASSIGN(own, ReadClientCells(book, client));
  MAINSTAY_TRY_ASSIGN(catalogue, Catalogue(book));
  Grid grid{std::move(own), std::move(catalogue), {}, {}};
  grid.known_departments = grid.own.departments;
  grid.known_locations = grid.own.locations;
  const std::string prefix = JoinKey({book.view.book.raw(), client.raw()}) + '\0';
  MAINSTAY_TRY_ASSIGN(places, EntriesBelow(*book.view.snapshot, kPlaces, prefix));
  for (const auto& [rest, name] : places) {
    (rest.substr(0, 1) == kDepartmentKind ? grid.known_departments : grid.known_locations).insert(rest.substr(2));
  }
  return grid;
}

void FillWhitespace(const Grid& grid, const ClientRecord& client, q::Whitespace& out) {
  for (const std::string& id : grid.catalogue) {
    if (!grid.own.products.contains(id)) out.add_products(id);
  }
  for (const std::string& id : grid.known_departments) {
    if (!grid.own.departments.contains(id)) out.add_departments(id);
  }
  for (const std::string& id : grid.known_locations) {
    if (!grid.own.locations.contains(id)) out.add_locations(id);
  }
  for (const std::string& flag : FlagNames(client.flags())) out.add_flags(flag);
}

void FillCells(const Grid& grid, const Currency& currency, q::GetWhitespaceResponse& out) {
  const std::set<std::string> none{""};
  const auto& departments = grid.known_departments.empty() ? none : grid.known_departments;
  const auto& locations = grid.known_locations.empty() ? none : grid.known_locations;
  std::int64_t empty = 0;
  for (const std::string& product : grid.catalogue) {
    for (const std::string& department : departments) {
      for (const std::string& location : locations) {
        const Cell cell{product, department, location};
        if (grid.own.Holds(cell)) continue;
        if (static_cast<std::size_t>(empty++) >= kMostCells) continue;
        q::WhitespaceCell& row = *out.add_cells();
        row.set_product(product);
        if (!department.empty()) row.set_department(department);
        if (!location.empty()) row.set_location(location);
        const auto assessed = grid.own.assessed.find(cell);
        if (assessed != grid.own.assessed.end()) SetMoney(assessed->second, currency, *row.mutable_yearly());
      }
    }
  }
  out.set_empty_cells(empty);
}

// What follows from what it holds, best first; then what it could buy most of by assessment.
Result<void> FillNext(const Book& book, const Grid& grid, q::GetWhitespaceResponse& out) {
  YearlyByProduct assessed = AssessedProducts(grid.own.assessed, grid.own.products);
  MAINSTAY_TRY_ASSIGN(lists, ReadPartners(*book.view.snapshot, book.view.book, grid.own.products));
  for (const Association& pair : NextProducts(grid.own.products, lists, kMostNext)) {
    q::NextProduct& row = *out.add_next_products();
    row.set_product(pair.product);
    row.set_because_of(pair.owned);
    row.set_both(pair.both);
    row.set_support(pair.support);
    row.set_confidence(pair.confidence);
    row.set_lift(pair.lift);
    row.set_score(pair.score);
    const auto yearly = assessed.find(pair.product);
    if (yearly == assessed.end()) continue;
    SetMoney(yearly->second, book.currency(), *row.mutable_yearly());
    assessed.erase(yearly);
  }
  for (const auto& [product, yearly] : MostFirst(assessed)) {
    if (out.next_products_size() >= static_cast<int>(kMostNext)) break;
    q::NextProduct& row = *out.add_next_products();
    row.set_product(product);
    SetMoney(yearly, book.currency(), *row.mutable_yearly());
  }
  return {};
}

void FillRow(const KnownClient& client, q::WhitespaceRow& row) {
  row.set_client(client.id.raw());
  row.set_tier(std::string(TierName(client.record.tier.tier)));
  for (const std::string& flag : FlagNames(client.record.flags())) row.add_flags(flag);
  row.set_products(client.record.products);
  row.set_departments(client.record.departments);
  row.set_locations(client.record.locations);
  if (client.record.next_product) row.set_next_best_product(client.record.next_product->raw());
}

Result<void> FillHistory(const Book& book, const KnownClient& client, q::GetClientResponse& out) {
  const std::string prefix = JoinKey({book.view.book.raw(), client.id.raw()}) + '\0';
  MAINSTAY_TRY_ASSIGN(ranks, EntriesBelow(*book.view.snapshot, kRanks, prefix));
  for (const auto& [quarter, bytes] : ranks) {
    state::v1::SegmentationRank rank;
    if (!rank.ParseFromString(bytes)) return Fail(ErrorCode::kDataLoss, "a stored rank is damaged");
    q::RankAtQuarterEnd& row = *out.add_rank_history();
    row.set_quarter(quarter);
    row.set_rank(rank.rank());
    SetMoney(Money::FromUnits(rank.revenue_units()), book.currency(), *row.mutable_revenue());
    row.set_tier(std::string(TierName(static_cast<Tier>(rank.tier()))));
  }
  return {};
}

void FillAdvice(const Book& book, const ClientRecord& client, q::Recommendation& out) {
  const Currency& currency = book.currency();
  const PolicyValues& policy = book.record.values;
  const PersonaFacts facts = client.persona_facts(book.view.at);
  const Recommendation advice = Recommend(facts, *book.totals.lines, policy);
  out.set_action(advice.action);
  SetMoney(advice.revenue, currency, *out.mutable_revenue());
  SetMoney(advice.gross, currency, *out.mutable_gross());
  SetMoney(advice.effort_cost, currency, *out.mutable_effort_cost());
  SetMoney(advice.contribution, currency, *out.mutable_contribution());
  SetMoney(advice.elsewhere, currency, *out.mutable_elsewhere());
  if (advice.rise) out.set_rise(*advice.rise);
  out.set_text(ArithmeticOf(advice, facts, policy, currency));
}

}  // namespace

void FillPersona(const PersonaDecision& decision, q::Persona& out) {
  if (decision.persona != Persona::kNone) out.set_name(std::string(PersonaName(decision.persona)));
  for (const Evidence& evidence : decision.evidence) {
    q::Evidence& row = *out.add_evidence();
    row.set_rule(evidence.rule);
    row.set_value(evidence.value);
    row.set_threshold(evidence.threshold);
  }
}

Result<void> FillDepth(const Book& book, const KnownClient& client, const q::GetClientRequest& request,
                       q::GetClientResponse& out) {
  const ClientRecord& record = client.record;
  const PersonaDecision persona = book.PersonaOf(record);
  FillPersona(persona, *out.mutable_persona());
  if (persona.persona == Persona::kDraining) FillAdvice(book, record, *out.mutable_recommendation());
  MAINSTAY_TRY_ASSIGN(grid, ReadGrid(book, client.id));
  FillWhitespace(grid, record, *out.mutable_whitespace());
  q::Potential potential;
  MAINSTAY_TRY_ASSIGN(model, ExpectationOf(book, request));
  FillPotential(book, record, grid.own, model, potential);
  if (potential.has_total()) *out.mutable_potential() = potential.total();
  MAINSTAY_TRY(FillHistory(book, client, out));
  if (record.next_product) out.set_next_best_product(record.next_product->raw());
  if (record.last_offer_at) out.set_last_offer(FormatInstant(*record.last_offer_at));
  out.set_minutes_365d(record.minutes);
  out.set_friction_events_180d(record.frictions);
  return {};
}

Result<void> AnswerWhitespace(const app::StateReader& state, const stream::Topology& topology,
                              const q::GetWhitespaceRequest& request, q::GetWhitespaceResponse& out) {
  MAINSTAY_TRY_ASSIGN(book, ReadBook(state, request.query()));
  door::FillHead(topology, book.view, out);
  if (!request.client().empty()) {
    MAINSTAY_TRY_ASSIGN(client, book.TodaysClient(request.client()));
    out.set_client(client.id.raw());
    if (client.id.raw() != request.client()) out.set_merged_into(client.id.raw());
    MAINSTAY_TRY_ASSIGN(grid, ReadGrid(book, client.id));
    FillWhitespace(grid, client.record, *out.mutable_whitespace());
    FillCells(grid, book.currency(), out);
    MAINSTAY_TRY(FillNext(book, grid, out));
    MAINSTAY_TRY_ASSIGN(model, ExpectationOf(book, request));
    FillPotential(book, client.record, grid.own, model, *out.mutable_potential());
    return {};
  }
  return ForClients(book.view, [&](const KnownClient& client) {
    const bool room = request.limit() == 0 || out.rows_size() < static_cast<int>(request.limit());
    if (room) FillRow(client, *out.add_rows());
    const bool has_number = client.record.order_days > 0 || client.record.potential_at;
    if (!has_number) out.add_without_potential(client.id.raw());
    if (!client.record.potential_at) out.add_not_assessed(client.id.raw());
    return true;
  });
}

}  // namespace mainstay::segmentation
