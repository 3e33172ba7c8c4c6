#include "next_best.h"

#include <algorithm>
#include <set>
#include <utility>

#include "book_work.h"
#include "mainstay/base/check.h"
#include "mainstay/state/v1/segmentation.pb.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::segmentation {

using stream::JoinKey;

Result<bool> HoldsProduct(stream::Context& context, const BookId& book, const ClientId& id, const ProductId& product) {
  MAINSTAY_TRY_ASSIGN(held, context.Get(kHoldings, JoinKey({book.raw(), id.raw(), kProductKind, product.raw()})));
  return held.has_value();
}

YearlyByProduct AssessedProducts(const std::map<Cell, Money>& assessed, const std::set<std::string>& held) {
  YearlyByProduct products;
  for (const auto& [cell, yearly] : assessed) {
    if (held.contains(cell.product)) continue;
    Money& sum = products[cell.product];
    sum = ClampedMoney(RevenueSum{sum.units()} + yearly.units());
  }
  return products;
}

std::vector<std::pair<std::string, Money>> MostFirst(const YearlyByProduct& products) {
  std::vector<std::pair<std::string, Money>> sorted(products.begin(), products.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

Result<std::optional<Money>> DecodeAssessed(std::string_view bytes, const std::optional<Currency>& book) {
  state::v1::SegmentationPotential proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Fail(ErrorCode::kDataLoss, "a stored potential is damaged");
  }
  StatedMoney yearly{Money::FromUnits(proto.yearly_units()), std::nullopt};
  if (proto.has_currency()) yearly.currency = Currency{proto.currency()};
  return yearly.In(book);
}

Result<void> OfferAssessed(stream::Context& context, const BookId& book, const std::optional<Currency>& currency,
                           const ClientId& id, const std::set<std::string>& held, ClientRecord& client) {
  if (client.next_product || !client.potential_at) return {};
  const std::string prefix = JoinKey({book.raw(), id.raw()}) + '\0';
  std::map<Cell, Money> assessed;
  Result<void> damaged{};
  MAINSTAY_TRY(context.Scan(kPotential, prefix, {}, [&](std::string_view key, std::string_view value) {
    const Result<std::optional<Money>> yearly = DecodeAssessed(value, currency);
    if (!yearly) damaged = tl::unexpected(yearly.error());
    if (yearly && *yearly) assessed[CellOf(key.substr(prefix.size()))] = **yearly;
    return yearly.has_value();
  }));
  MAINSTAY_TRY(damaged);
  const auto most = MostFirst(AssessedProducts(assessed, held));
  if (!most.empty()) client.next_product = ProductId{most.front().first};
  return {};
}

Result<void> RenewNextProduct(stream::Context& context, const BookId& book, const std::optional<Currency>& currency,
                              const ClientId& id, ClientRecord& client) {
  const std::string prefix = JoinKey({book.raw(), id.raw(), kProductKind}) + '\0';
  std::set<std::string> held;
  MAINSTAY_TRY(context.Scan(kHoldings, prefix, {}, [&](std::string_view key, std::string_view) {
    held.emplace(key.substr(prefix.size()));
    return true;
  }));
  MAINSTAY_TRY_ASSIGN(lists, ReadPartners(context, book, held));
  const std::vector<Association> next = NextProducts(held, lists, 1);
  client.next_product.reset();
  if (!next.empty()) client.next_product = ProductId{next.front().product};
  return OfferAssessed(context, book, currency, id, held, client);
}

std::string EncodePartners(const std::vector<Association>& partners) {
  state::v1::SegmentationPartners proto;
  for (const Association& pair : partners) {
    auto& stored = *proto.add_partners();
    stored.set_product(pair.product);
    stored.set_both(pair.both);
    stored.set_holders(pair.holders);
    stored.set_support(pair.support);
    stored.set_confidence(pair.confidence);
    stored.set_lift(pair.lift);
    stored.set_score(pair.score);
  }
  return proto.SerializeAsString();
}

Result<std::vector<Association>> DecodePartners(const std::string& owned, std::string_view bytes) {
  state::v1::SegmentationPartners proto;
  if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Fail(ErrorCode::kDataLoss, "stored associations are damaged");
  }
  std::vector<Association> partners;
  for (const auto& stored : proto.partners()) {
    partners.push_back({owned, stored.product(), stored.both(), stored.holders(), stored.support(), stored.confidence(),
                        stored.lift(), stored.score()});
  }
  return partners;
}

Result<Holdings> HoldingsAfter(stream::Context& context, const BookId& book, std::string_view after) {
  Holdings holdings;
  std::vector<std::string>* products = nullptr;
  std::string client;
  const std::string prefix = book.raw() + '\0';
  // Everything of one client lies together; behind the last key that begins with `after` comes the next one's.
  const std::string from = after.empty() ? prefix : prefix + std::string(after) + '\1';
  MAINSTAY_TRY(context.Scan(kHoldings, prefix, from, [&](std::string_view key, std::string_view) {
    const auto parts = stream::SplitKey(key.substr(prefix.size()));
    if (products == nullptr || parts[0] != client) {
      if (holdings.size() == kSweepStep) return false;
      client = parts[0];
      products = &holdings[ClientId{client}];
    }
    if (parts[1] == kProductKind) products->emplace_back(parts[2]);
    return true;
  }));
  return holdings;
}

Result<Recount> Recount::Begin(stream::Context& context, const BookId& book, std::int64_t n) {
  std::map<std::string, std::int64_t> holders;
  const std::string prefix = book.raw() + '\0';
  MAINSTAY_TRY(context.Scan(kProducts, prefix, {}, [&](std::string_view key, std::string_view value) {
    state::v1::SegmentationProduct product;
    if (product.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      holders[std::string(key.substr(prefix.size()))] = product.holders();
    }
    return true;
  }));
  return Recount(PairCounts(holders, n));
}

Result<std::string> Recount::Add(stream::Context& context, const BookId& book, const std::string& cursor) {
  MAINSTAY_TRY_ASSIGN(holdings, HoldingsAfter(context, book, cursor));
  for (const auto& [client, products] : holdings) counts_.AddClient(products);
  return holdings.size() < kSweepStep ? std::string() : holdings.rbegin()->first.raw();
}

Result<void> Recount::Store(stream::Context& context, const BookId& book) {
  const std::string prefix = book.raw() + '\0';
  std::set<std::string> stale;
  MAINSTAY_TRY(context.Scan(kPartners, prefix, {}, [&](std::string_view key, std::string_view) {
    stale.insert(std::string(key.substr(prefix.size())));
    return true;
  }));
  const PairCounts& counts = recommender_.emplace(std::move(counts_)).counts();
  for (std::size_t i = 0; i < counts.owned().size(); ++i) {
    const std::span<const Partner> ranked = recommender_->PartnersOf(i);
    if (ranked.empty()) continue;
    const std::string& owned = counts.owned()[i];
    stale.erase(owned);
    context.Put(kPartners, prefix + owned, EncodePartners(counts.EvidenceOf(i, ranked)));
  }
  for (const std::string& owned : stale) context.Erase(kPartners, prefix + owned);
  return {};
}

std::optional<ProductId> Recount::BestFor(const std::vector<std::string>& held) const {
  MAINSTAY_CHECK(recommender_.has_value(), "pairs are ranked once they are stored");
  std::vector<std::string> best = recommender_->For(held, 1);
  return best.empty() ? std::nullopt : std::optional(ProductId{std::move(best.front())});
}

}  // namespace mainstay::segmentation
