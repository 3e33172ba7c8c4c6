#include "ranking_table.h"

#include "mainstay/state/v1/segmentation.pb.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::segmentation {
namespace {

using Sum = state::v1::SegmentationTotals::Sum;

void FillSum(std::size_t count, RevenueSum revenue, std::int64_t minutes, Sum& out) {
  out.set_minutes(minutes);
  out.set_count(static_cast<std::int64_t>(count));
  out.set_low(static_cast<std::uint64_t>(revenue));
  out.set_high(static_cast<std::int64_t>(revenue >> 64));
}

TierTotal ReadSum(const Sum& sum) {
  return {static_cast<std::size_t>(sum.count()), (RevenueSum{sum.high()} << 64) | sum.low(), sum.minutes()};
}

std::string BookPrefix(const BookId& book) { return book.raw() + '\0'; }

// The largest revenue first, ties by client: the order of RanksBefore.
std::string RankingKey(const BookId& book, Money revenue, const ClientId& client) {
  std::string key = BookPrefix(book);
  stream::AppendOrderedInt64(key, -revenue.units());
  return key + client.raw();
}

constexpr std::size_t kTiers = 2;  // Bytes of a stored place before its minutes.

std::string EncodePlace(const ParetoPlace& place) {
  std::string bytes{static_cast<char>(place.tier), static_cast<char>(place.rank_tier)};
  stream::AppendOrderedInt64(bytes, place.minutes);
  return bytes;
}

Result<ParetoPlace> DecodePlace(const stream::Snapshot& snapshot, const BookId& book, std::string_view client,
                                std::string_view bytes) {
  if (bytes.size() == kTiers + sizeof(std::int64_t)) {
    return ParetoPlace{
        {}, static_cast<Tier>(bytes[0]), static_cast<Tier>(bytes[1]), stream::ReadOrderedInt64(bytes.substr(kTiers))};
  }
  if (bytes.size() != kTiers) return Fail(ErrorCode::kDataLoss, "the stored ranking of a book is damaged");
  // From before minutes were kept here.
  MAINSTAY_TRY_ASSIGN(stored, snapshot.Get(kClients, stream::JoinKey({book.raw(), client})));
  if (!stored) return Fail(ErrorCode::kDataLoss, "the stored ranking of a book names nobody");
  MAINSTAY_TRY_ASSIGN(record, DecodeClient(*stored));
  return ContributionOf(record).place;
}

void StorePlace(stream::Context& context, const BookId& book, const ClientId& client, const ParetoPlace& from,
                const ParetoPlace& to) {
  if (from.revenue > Money{} && from.revenue != to.revenue) {
    context.Erase(kRanking, RankingKey(book, from.revenue, client));
  }
  if (to.revenue > Money{}) context.Put(kRanking, RankingKey(book, to.revenue, client), EncodePlace(to));
}

Result<Contribution> Written(stream::Context& context, const BookId& book, const ClientId& client) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kClients, stream::JoinKey({book.raw(), client.raw()})));
  if (!bytes) return Contribution{};
  MAINSTAY_TRY_ASSIGN(record, DecodeClient(*bytes));
  return ContributionOf(record);
}

void Replace(BookTotals& totals, const Contribution& before, const Contribution& now) {
  totals.pareto.Remove(before.place);
  totals.pareto.Add(now.place);
  totals.bought += RevenueSum{now.net.units()} - before.net.units();
  totals.order_days += now.order_days - before.order_days;
}

// Of a book that has no totals yet, or from before they had all that they have now.
Result<void> AddUpAnew(stream::Context& context, const BookId& book, BookTotals& totals, RankCountChanges& counts) {
  totals = {};
  totals.octaves.resize(kOctaves);
  Result<void> damaged{};
  MAINSTAY_TRY(context.Scan(kClients, BookPrefix(book), {}, [&](std::string_view, std::string_view value) {
    const Result<ClientRecord> client = DecodeClient(value);
    if (!client) damaged = tl::unexpected(client.error());
    if (!client) return false;
    const Contribution contribution = ContributionOf(*client);
    Replace(totals, {}, contribution);
    counts.Add(contribution.place.revenue);
    return true;
  }));
  return damaged;
}

}  // namespace

std::string Encode(const BookTotals& totals) {
  state::v1::SegmentationTotals proto;
  const ParetoTotals& pareto = totals.pareto;
  FillSum(pareto.clients, pareto.revenue, pareto.minutes, *proto.mutable_paying());
  FillSum(pareto.above_line, pareto.above_line_revenue, 0, *proto.mutable_above_line());
  for (const TierTotal& tier : pareto.tiers) FillSum(tier.clients, tier.revenue, tier.minutes, *proto.add_tiers());
  for (const TierTotal& tier : pareto.effective_tiers)
    FillSum(tier.clients, tier.revenue, tier.minutes, *proto.add_effective_tiers());
  FillSum(static_cast<std::size_t>(totals.order_days), totals.bought, 0, *proto.mutable_bought());
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
  pareto.minutes = paying.minutes;
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
    if (key.size() < sizeof(std::int64_t)) {
      damaged = Fail(ErrorCode::kDataLoss, "the stored ranking of a book is damaged");
      return false;
    }
    const std::string_view client = key.substr(sizeof(std::int64_t));
    Result<ParetoPlace> place = DecodePlace(snapshot, book, client, value);
    if (!place) {
      damaged = tl::unexpected(place.error());
      return false;
    }
    place->revenue = Money::FromUnits(-stream::ReadOrderedInt64(key));
    return visit(ClientId{std::string(client)}, *place);
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
    if (now.place != before.place) StorePlace(context, book, client, before.place, now.place);
    if (totals.octaves.empty()) continue;
    Replace(totals, before, now);
    counts.Remove(before.place.revenue);
    counts.Add(now.place.revenue);
  }
  if (totals.octaves.empty()) MAINSTAY_TRY(AddUpAnew(context, book, totals, counts));
  MAINSTAY_TRY(counts.Store(context, book, totals.octaves));
  totals.pareto.DrawLine(live.index().ranking());
  totals.lines = live.effort_lines();
  if (!bytes || totals != stored) context.Put(kTotals, book.raw(), Encode(totals));
  return {};
}

}  // namespace mainstay::segmentation
