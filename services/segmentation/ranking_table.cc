#include "ranking_table.h"

#include "mainstay/state/v1/segmentation.pb.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::segmentation {
namespace {

using Sum = state::v1::SegmentationTotals::Sum;

void FillSum(std::size_t count, RevenueSum revenue, Sum& out) {
  out.set_count(static_cast<std::int64_t>(count));
  out.set_low(static_cast<std::uint64_t>(revenue));
  out.set_high(static_cast<std::int64_t>(revenue >> 64));
}

TierTotal ReadSum(const Sum& sum) {
  return {static_cast<std::size_t>(sum.count()), (RevenueSum{sum.high()} << 64) | sum.low()};
}

std::string BookPrefix(const BookId& book) { return book.raw() + '\0'; }

// The largest revenue first, ties by client: the order of RanksBefore.
std::string RankingKey(const BookId& book, Money revenue, const ClientId& client) {
  std::string key = BookPrefix(book);
  stream::AppendOrderedInt64(key, -revenue.units());
  return key + client.raw();
}

std::string TiersOf(const ParetoPlace& place) {
  return {static_cast<char>(place.tier), static_cast<char>(place.rank_tier)};
}

void StorePlace(stream::Context& context, const BookId& book, const ClientId& client, const ParetoPlace& from,
                const ParetoPlace& to) {
  if (from.revenue > Money{} && from.revenue != to.revenue) {
    context.Erase(kRanking, RankingKey(book, from.revenue, client));
  }
  if (to.revenue > Money{}) context.Put(kRanking, RankingKey(book, to.revenue, client), TiersOf(to));
}

Result<Contribution> Written(stream::Context& context, const BookId& book, const ClientId& client) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kClients, stream::JoinKey({book.raw(), client.raw()})));
  if (!bytes) return Contribution{};
  MAINSTAY_TRY_ASSIGN(record, DecodeClient(*bytes));
  return ContributionOf(record);
}

void CountAll(const RankTree& ranking, OctaveCounts& octaves, RankCountChanges& counts) {
  octaves.resize(kOctaves);
  ranking.ForEach(0, ranking.size(), [&](std::size_t, const Ranked& entry) { counts.Add(entry.revenue); });
}

void Replace(BookTotals& totals, const Contribution& before, const Contribution& now) {
  totals.pareto.Remove(before.place);
  totals.pareto.Add(now.place);
  totals.bought += RevenueSum{now.net.units()} - before.net.units();
  totals.order_days += now.order_days - before.order_days;
}

}  // namespace

std::string Encode(const BookTotals& totals) {
  state::v1::SegmentationTotals proto;
  const ParetoTotals& pareto = totals.pareto;
  FillSum(pareto.clients, pareto.revenue, *proto.mutable_paying());
  FillSum(pareto.above_line, pareto.above_line_revenue, *proto.mutable_above_line());
  for (const TierTotal& tier : pareto.tiers) FillSum(tier.clients, tier.revenue, *proto.add_tiers());
  for (const TierTotal& tier : pareto.effective_tiers)
    FillSum(tier.clients, tier.revenue, *proto.add_effective_tiers());
  FillSum(static_cast<std::size_t>(totals.order_days), totals.bought, *proto.mutable_bought());
  if (totals.lines) {
    proto.set_effort_median(totals.lines->median);
    proto.set_effort_mad(totals.lines->mad);
  }
  proto.mutable_octaves()->Assign(totals.octaves.begin(), totals.octaves.end());
  return proto.SerializeAsString();
}

Result<BookTotals> DecodeTotals(std::string_view bytes) {
  state::v1::SegmentationTotals proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || proto.tiers_size() != 3 ||
      proto.effective_tiers_size() != 3 || (proto.octaves_size() != 0 && proto.octaves_size() != kOctaves)) {
    return Fail(ErrorCode::kDataLoss, "the stored totals of a book are damaged");
  }
  BookTotals totals;
  ParetoTotals& pareto = totals.pareto;
  const TierTotal paying = ReadSum(proto.paying());
  const TierTotal above = ReadSum(proto.above_line());
  pareto.clients = paying.clients;
  pareto.revenue = paying.revenue;
  pareto.above_line = above.clients;
  pareto.above_line_revenue = above.revenue;
  for (int i = 0; i < 3; ++i) {
    pareto.tiers[static_cast<std::size_t>(i)] = ReadSum(proto.tiers(i));
    pareto.effective_tiers[static_cast<std::size_t>(i)] = ReadSum(proto.effective_tiers(i));
  }
  const TierTotal bought = ReadSum(proto.bought());
  totals.bought = bought.revenue;
  totals.order_days = static_cast<std::int64_t>(bought.clients);
  totals.octaves.assign(proto.octaves().begin(), proto.octaves().end());
  if (proto.has_effort_median()) totals.lines = EffortLines{proto.effort_median(), proto.effort_mad()};
  return totals;
}

Result<void> ForRanked(const stream::Snapshot& snapshot, const BookId& book, const VisitRanked& visit) {
  const std::string prefix = BookPrefix(book);
  Result<void> damaged{};
  MAINSTAY_TRY(snapshot.Scan(kRanking, prefix, {}, [&](std::string_view key, std::string_view value) {
    key.remove_prefix(prefix.size());
    if (key.size() < sizeof(std::int64_t) || value.size() != 2) {
      damaged = Fail(ErrorCode::kDataLoss, "the stored ranking of a book is damaged");
      return false;
    }
    const Money revenue = Money::FromUnits(-stream::ReadOrderedInt64(key));
    return visit(ClientId{std::string(key.substr(sizeof(std::int64_t)))},
                 {revenue, static_cast<Tier>(value[0]), static_cast<Tier>(value[1])});
  }));
  return damaged;
}

Result<std::int64_t> StoredRankOf(const stream::Snapshot& snapshot, const BookId& book, const BookTotals& totals,
                                  const ClientId& client, Money revenue) {
  std::int64_t rank = 1;
  std::string from;
  if (!totals.octaves.empty()) {
    MAINSTAY_TRY_ASSIGN(above, CountAboveStepOf(snapshot, book, totals.octaves, revenue));
    rank += above;
    from = RankingKey(book, LargestInStepOf(revenue), ClientId{});
  }
  const std::string own = RankingKey(book, revenue, client);
  MAINSTAY_TRY(snapshot.Scan(kRanking, BookPrefix(book), from, [&](std::string_view key, std::string_view) {
    rank += key < own ? 1 : 0;
    return key < own;
  }));
  return rank;
}

void TouchedClients::Loaded(const BookId& book, const ClientId& client, const Contribution& stored) {
  books_[book].try_emplace(client, stored);
}

bool TouchedClients::Knows(const BookId& book, const ClientId& client) const {
  const auto clients = books_.find(book);
  return clients != books_.end() && clients->second.contains(client);
}

Result<void> TouchedClients::Store(stream::Context& context, const FindLive& find_live) {
  for (const auto& [book, clients] : books_) {
    MAINSTAY_TRY_ASSIGN(live, find_live(book));
    MAINSTAY_TRY(StoreBook(context, book, clients, *live));
  }
  books_.clear();
  return {};
}

Result<void> TouchedClients::StoreBook(stream::Context& context, const BookId& book, const Clients& clients,
                                       LiveBook& live) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kTotals, book.raw()));
  BookTotals totals;
  if (bytes) {
    MAINSTAY_TRY_ASSIGN(stored, DecodeTotals(*bytes));
    totals = stored;
  }
  const BookTotals stored = totals;
  RankCountChanges counts;
  for (const auto& [client, before] : clients) {
    MAINSTAY_TRY_ASSIGN(now, Written(context, book, client));
    if (now == before) continue;
    Replace(totals, before, now);
    if (now.place == before.place) continue;
    StorePlace(context, book, client, before.place, now.place);
    if (totals.octaves.empty()) continue;
    counts.Remove(before.place.revenue);
    counts.Add(now.place.revenue);
  }
  if (totals.octaves.empty()) CountAll(live.index().ranking(), totals.octaves, counts);
  MAINSTAY_TRY(counts.Store(context, book, totals.octaves));
  totals.pareto.DrawLine(live.index().ranking());
  totals.lines = live.effort_lines();
  if (!bytes || totals != stored) context.Put(kTotals, book.raw(), Encode(totals));
  return {};
}

}  // namespace mainstay::segmentation
