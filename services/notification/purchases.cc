#include "purchases.h"

#include <algorithm>
#include <utility>

#include "mainstay/stream/key_builder.h"

namespace mainstay::notification {
namespace {

using stream::JoinKey;

constexpr Duration kLineWindow = std::chrono::days{365};
constexpr std::size_t kNumberBytes = 8;

std::string Number(std::int64_t number) {
  std::string bytes;
  stream::AppendOrderedInt64(bytes, number);
  return bytes;
}

Result<std::int64_t> ReadNumber(std::string_view bytes) {
  if (bytes.size() < kNumberBytes) return Fail(ErrorCode::kDataLoss, "a stored number of the purchases is damaged");
  return stream::ReadOrderedInt64(bytes);
}

// Its distinct products are what a correction needs to find the lines again.
struct OrderEntry {
  Instant ordered_at{};
  Instant version_at{};
  std::set<std::string> products;
};

std::string Encode(const OrderEntry& entry) {
  std::string bytes = Number(ToMs(entry.ordered_at)) + Number(ToMs(entry.version_at));
  for (const std::string& product : entry.products) bytes += product + '\0';
  return bytes;
}

Result<OrderEntry> DecodeOrder(std::string_view bytes) {
  MAINSTAY_TRY_ASSIGN(ordered, ReadNumber(bytes));
  MAINSTAY_TRY_ASSIGN(version, ReadNumber(bytes.substr(kNumberBytes)));
  OrderEntry entry{FromMs(ordered), FromMs(version), {}};
  for (const std::string_view product : stream::SplitKey(bytes.substr(2 * kNumberBytes))) {
    if (!product.empty()) entry.products.emplace(product);
  }
  return entry;
}

std::set<std::string> ProductsOf(const OrderVersion& order) {
  std::set<std::string> products;
  for (const OrderLine& line : order.lines) products.insert(line.product.raw());
  return products;
}

// book\0product\0time: the numbers are binary, so what follows is found by its place and not by a NUL.
std::string LinePrefix(const BookId& book, std::string_view product, Instant ordered_at, const OrderId& order) {
  std::string key = JoinKey({book.raw(), product, ""});
  stream::AppendOrderedInt64(key, ToMs(ordered_at));
  key += order.raw();
  key += '\0';
  return key;
}

void PutLines(stream::Context& context, const OrderVersion& order, Instant ordered_at) {
  std::uint16_t number = 0;
  for (const OrderLine& line : order.lines) {
    std::string key = LinePrefix(order.book, line.product.raw(), ordered_at, order.order);
    stream::AppendUint16(key, number++);
    context.Put(kLines, key, Number(line.amount.units()));
  }
}

Result<void> EraseAll(stream::Context& context, stream::TableId table, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) context.Erase(table, key);
  return {};
}

Result<void> EraseLines(stream::Context& context, const OrderVersion& order, const OrderEntry& entry) {
  for (const std::string& product : entry.products) {
    std::vector<std::string> keys;
    MAINSTAY_TRY(context.Scan(kLines, LinePrefix(order.book, product, entry.ordered_at, order.order), {},
                              [&](std::string_view key, std::string_view) {
                                keys.emplace_back(key);
                                return true;
                              }));
    MAINSTAY_TRY(EraseAll(context, kLines, keys));
  }
  return {};
}

Result<bool> OwnsAnything(stream::Context& context, const BookId& book, const ClientId& client) {
  bool any = false;
  MAINSTAY_TRY(
      context.Scan(kHoldings, JoinKey({book.raw(), client.raw(), ""}), {}, [&](std::string_view, std::string_view) {
        any = true;
        return false;
      }));
  return any;
}

Result<void> CountHolder(stream::Context& context, const BookId& book, std::string_view product, int change) {
  const std::string key = JoinKey({book.raw(), product});
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kHolders, key));
  std::int64_t holders = change;
  if (bytes) {
    MAINSTAY_TRY_ASSIGN(number, ReadNumber(*bytes));
    holders += number;
  }
  if (holders > 0) {
    context.Put(kHolders, key, Number(holders));
  } else {
    context.Erase(kHolders, key);
  }
  return {};
}

Result<void> Hold(stream::Context& context, const BookId& book_id, const ClientId& client,
                  const std::set<std::string>& products, BookRecord& book) {
  std::vector<const std::string*> bought_first;
  for (const std::string& product : products) {
    MAINSTAY_TRY_ASSIGN(held, context.Get(kHoldings, JoinKey({book_id.raw(), client.raw(), product})));
    if (!held) bought_first.push_back(&product);
  }
  if (bought_first.empty()) return {};
  if (bought_first.size() == products.size()) {  // Else the client certainly bought before.
    MAINSTAY_TRY_ASSIGN(buyer, OwnsAnything(context, book_id, client));
    if (!buyer) ++book.buyers;
  }
  for (const std::string* product : bought_first) {
    context.Put(kHoldings, JoinKey({book_id.raw(), client.raw(), *product}), {});
    MAINSTAY_TRY(CountHolder(context, book_id, *product, +1));
  }
  return {};
}

Result<std::set<ProductId>> OwnedBy(stream::Context& context, const BookId& book, const ClientId& client) {
  std::set<ProductId> owned;
  const std::string prefix = JoinKey({book.raw(), client.raw(), ""});
  MAINSTAY_TRY(context.Scan(kHoldings, prefix, {}, [&](std::string_view key, std::string_view) {
    owned.emplace(std::string(key.substr(prefix.size())));
    return true;
  }));
  return owned;
}

Result<std::vector<ProductCount>> Holders(stream::Context& context, const BookId& book) {
  std::vector<ProductCount> counts;
  Result<void> damaged{};
  const std::string prefix = JoinKey({book.raw(), ""});
  MAINSTAY_TRY(context.Scan(kHolders, prefix, {}, [&](std::string_view key, std::string_view value) {
    const Result<std::int64_t> clients = ReadNumber(value);
    if (!clients) {
      damaged = tl::unexpected(clients.error());
      return false;
    }
    counts.push_back({ProductId{std::string(key.substr(prefix.size()))}, *clients});
    return true;
  }));
  MAINSTAY_TRY(damaged);
  return counts;
}

// Amounts of the product's lines in (now - 365 d, now].
Result<std::vector<Money>> RecentLines(stream::Context& context, const BookId& book, const ProductId& product) {
  const std::string prefix = JoinKey({book.raw(), product.raw(), ""});
  const Instant after = context.Now() - kLineWindow;
  std::vector<std::string> old;
  std::vector<Money> amounts;
  Result<void> damaged{};
  MAINSTAY_TRY(context.Scan(kLines, prefix, {}, [&](std::string_view key, std::string_view value) {
    const Result<std::int64_t> at = ReadNumber(key.substr(prefix.size()));
    const Result<std::int64_t> units = ReadNumber(value);
    if (!at || !units) {
      damaged = Fail(ErrorCode::kDataLoss, "a stored order line is damaged");
      return false;
    }
    if (FromMs(*at) > context.Now()) return false;
    if (FromMs(*at) > after) {
      amounts.push_back(Money::FromUnits(*units));
    } else {
      old.emplace_back(key);
    }
    return true;
  }));
  MAINSTAY_TRY(damaged);
  MAINSTAY_TRY(EraseAll(context, kLines, old));
  return amounts;
}

}  // namespace

Result<bool> TakeOrder(stream::Context& context, const OrderVersion& order, Instant at, BookRecord& book) {
  const std::string key = JoinKey({order.book.raw(), order.order.raw()});
  MAINSTAY_TRY_ASSIGN(known, context.Get(kOrders, key));
  if (known) return false;
  const OrderEntry entry{at, at, ProductsOf(order)};
  MAINSTAY_TRY(Hold(context, order.book, order.client, entry.products, book));
  PutLines(context, order, at);
  context.Put(kOrders, key, Encode(entry));
  return true;
}

Result<bool> TakeCorrection(stream::Context& context, const OrderVersion& order, Instant at, BookRecord& book) {
  const std::string key = JoinKey({order.book.raw(), order.order.raw()});
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kOrders, key));
  if (!bytes) return false;
  MAINSTAY_TRY_ASSIGN(entry, DecodeOrder(*bytes));
  const std::set<std::string> products = ProductsOf(order);
  MAINSTAY_TRY(Hold(context, order.book, order.client, products, book));
  if (at < entry.version_at) return true;  // A newer version of the lines stands.
  MAINSTAY_TRY(EraseLines(context, order, entry));
  PutLines(context, order, entry.ordered_at);
  context.Put(kOrders, key, Encode(OrderEntry{entry.ordered_at, at, products}));
  return true;
}

Result<void> EraseHoldings(stream::Context& context, const BookId& book_id, const ClientId& client, BookRecord& book) {
  MAINSTAY_TRY_ASSIGN(owned, OwnedBy(context, book_id, client));
  for (const ProductId& product : owned) {
    context.Erase(kHoldings, JoinKey({book_id.raw(), client.raw(), product.raw()}));
    MAINSTAY_TRY(CountHolder(context, book_id, product.raw(), -1));
  }
  if (!owned.empty()) --book.buyers;
  return {};
}

Result<void> MoveHoldings(stream::Context& context, const BookId& book_id, const ClientId& from, const ClientId& into,
                          BookRecord& book) {
  MAINSTAY_TRY_ASSIGN(owned, OwnedBy(context, book_id, from));
  MAINSTAY_TRY(EraseHoldings(context, book_id, from, book));
  std::set<std::string> products;
  for (const ProductId& product : owned) products.insert(product.raw());
  return products.empty() ? Result<void>{} : Hold(context, book_id, into, products, book);
}

Result<std::optional<PromptOffer>> FindOffer(stream::Context& context, const BookId& book_id, const BookRecord& book,
                                             const ClientId& client) {
  MAINSTAY_TRY_ASSIGN(owned, OwnedBy(context, book_id, client));
  MAINSTAY_TRY_ASSIGN(counts, Holders(context, book_id));
  const std::optional<ProductCount> choice = ChooseItem(counts, owned);
  if (!choice) return std::optional<PromptOffer>{};
  MAINSTAY_TRY_ASSIGN(amounts, RecentLines(context, book_id, choice->product));
  PromptOffer offer{choice->product, choice->clients, book.buyers, static_cast<std::int64_t>(amounts.size()), {},
                    Currency{"XXX"}};
  offer.value = MedianLineAmount(std::move(amounts));
  if (book.currency) offer.currency = *book.currency;
  return std::optional(std::move(offer));
}

}  // namespace mainstay::notification
