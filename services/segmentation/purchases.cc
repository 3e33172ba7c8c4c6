#include "purchases.h"

#include <algorithm>
#include <set>
#include <utility>

#include "mainstay/state/v1/segmentation.pb.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::segmentation {
namespace {

using stream::JoinKey;

constexpr std::size_t kPieceBytes = 16'384;  // No state value grows with the lines of an order.

struct Thing {
  std::string_view kind;
  std::string suffix;
  friend auto operator<=>(const Thing&, const Thing&) = default;
};

// What one order's cells make a client hold; each once.
std::set<Thing> ThingsOf(const std::vector<Cell>& cells) {
  std::set<Thing> things;
  for (const Cell& cell : cells) {
    things.insert({kProductKind, cell.product});
    if (!cell.department.empty()) things.insert({kDepartmentKind, cell.department});
    if (!cell.location.empty()) things.insert({kLocationKind, cell.location});
    if (cell.department.empty() && cell.location.empty()) continue;
    things.insert({kCellKind, JoinKey({cell.product, cell.department, cell.location})});
  }
  return things;
}

bool Holds(const std::vector<Cell>& cells, std::string_view kind, const std::string& suffix) {
  return ThingsOf(cells).contains({kind, suffix});
}

std::vector<Cell> CellsIn(const std::vector<OrderLine>& lines) {
  std::vector<Cell> cells;
  cells.reserve(lines.size());
  for (const OrderLine& line : lines) {
    cells.push_back(
        {line.product.raw(), line.department ? line.department->raw() : "", line.location ? line.location->raw() : ""});
  }
  std::sort(cells.begin(), cells.end());
  cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
  return cells;
}

std::string DayKey(const BookId& book, const ClientId& client, Day day) {
  std::string key = JoinKey({book.raw(), client.raw()}) + '\0';
  stream::AppendOrderedInt64(key, ToDayNumber(day));
  return key;
}

// Pieces are numbered from 0 without a gap.
std::string PieceKey(const BookId& book, const OrderId& order, std::uint16_t piece) {
  std::string key = JoinKey({book.raw(), order.raw()}) + '\0';
  stream::AppendUint16(key, piece);
  return key;
}

Money DecodeUnits(std::string_view bytes) { return Money::FromUnits(stream::ReadOrderedInt64(bytes)); }

std::string EncodeUnits(Money money) {
  std::string bytes;
  stream::AppendOrderedInt64(bytes, money.units());
  return bytes;
}

Result<std::vector<std::pair<std::string, std::string>>> Entries(stream::Context& context, stream::TableId table,
                                                                 const std::string& prefix) {
  std::vector<std::pair<std::string, std::string>> entries;
  MAINSTAY_TRY(context.Scan(table, prefix, {}, [&](std::string_view key, std::string_view value) {
    entries.emplace_back(key.substr(prefix.size()), value);
    return true;
  }));
  return entries;
}

}  // namespace

Cell CellOf(std::string_view key) {
  const auto parts = stream::SplitKey(key);
  return {std::string(parts.at(0)), std::string(parts.at(1)), std::string(parts.at(2))};
}

std::string EncodeHolding(const Holding& holding) {
  std::string bytes;
  stream::AppendOrderedInt64(bytes, ToMs(holding.since));
  stream::AppendOrderedInt64(bytes, holding.orders);
  return bytes;
}

Holding DecodeHolding(std::string_view bytes) {
  return {FromMs(stream::ReadOrderedInt64(bytes)), stream::ReadOrderedInt64(bytes.substr(8))};
}

std::string Purchases::Key(std::string_view kind, const std::string& suffix) const {
  return JoinKey({book_id_.raw(), id_.raw(), kind, suffix});
}

bool Purchases::IsBeyond(std::string_view kind, Instant since) const {
  return kind != kCellKind && client_.first_day && DayOf(since) > *client_.first_day;
}

void Purchases::Count(std::string_view kind, int step) {
  if (kind == kProductKind) client_.products += step;
  if (kind == kDepartmentKind) client_.departments += step;
  if (kind == kLocationKind) client_.locations += step;
}

Result<void> Purchases::Apply(const ledger::Posting& posting, const std::vector<OrderLine>* lines) {
  const std::optional<Day> first_before = client_.first_day;
  MAINSTAY_TRY(MoveDays(posting.order_day_changes));
  if (posting.order) {
    const ledger::LedgerOrder& order = posting.order->order;
    const bool counted = posting.order->net_before > Money{};
    const bool counts = order.net() > Money{};
    const bool same = lines == nullptr && counted == counts;
    if (!same) {
      const bool is_new = posting.order->is_new;
      MAINSTAY_TRY_ASSIGN(old_cells, is_new ? std::vector<Cell>{} : CellsOf(order.id));
      std::vector<Cell> cells = lines != nullptr ? CellsIn(*lines) : old_cells;
      // First: LetGo asks what orders contain now.
      if (lines != nullptr) MAINSTAY_TRY(StoreCells(order.id, cells, is_new));
      if (counted) MAINSTAY_TRY(LetGo(old_cells, order.time));
      if (counts) MAINSTAY_TRY(Hold(cells, order.time));
    }
  }
  // An earlier first day makes other things new ones. Who held nothing holds nothing beyond the first day.
  return client_.first_day == first_before || !first_before ? Result<void>{} : RecountBeyond();
}

Result<void> Purchases::MoveDays(const std::vector<ledger::OrderDayChange>& changes) {
  for (const ledger::OrderDayChange& change : changes) {
    MAINSTAY_TRY(AddToDay(DayOf(change.order_time), change.net_delta));
  }
  return {};
}

Result<void> Purchases::AddToDay(Day day, Money delta) {
  const std::string key = DayKey(book_id_, id_, day);
  MAINSTAY_TRY_ASSIGN(before, NetOfDay(day, key));
  const std::optional<Money> after = CheckedAdd(before, delta);
  if (!after) return InvalidField("data.lines", "the day's sum is too large");
  const std::optional<Money> net = CheckedAdd(client_.net, std::max(*after, Money{}) - std::max(before, Money{}));
  if (!net) return InvalidField("data.lines", "the sum of the client's orders is too large");
  client_.net = *net;
  if (*after == Money{}) {
    context_.Erase(kOrderDays, key);
  } else {
    context_.Put(kOrderDays, key, EncodeUnits(*after));
  }
  const bool was = before > Money{};
  const bool is = *after > Money{};
  if (day == client_.first_day) client_.first_day_net = *after;
  if (day == client_.last_day) client_.last_day_net = *after;
  if (was == is) return {};
  client_.order_days += is ? 1 : -1;
  if (is) {
    if (!client_.first_day || day < *client_.first_day) {
      client_.first_day = day;
      client_.first_day_net = *after;
    }
    if (client_.last_day && day < *client_.last_day) return {};
    client_.last_day = day;
    client_.last_day_net = *after;
    return {};
  }
  if (day == client_.first_day) MAINSTAY_TRY(FindFirstDay(day));
  return day == client_.last_day ? FindLastDay(day) : Result<void>{};
}

// The table holds the days with a sum above zero, so there is none behind the last one.
Result<Money> Purchases::NetOfDay(Day day, const std::string& key) {
  if (!client_.last_day || day > *client_.last_day) return Money{};
  if (day == *client_.last_day && client_.last_day_net) return *client_.last_day_net;
  MAINSTAY_TRY_ASSIGN(bytes, context_.Get(kOrderDays, key));
  return bytes ? DecodeUnits(*bytes) : Money{};
}

// The first day after `day`.
Result<void> Purchases::FindFirstDay(Day day) {
  client_.first_day.reset();
  client_.first_day_net.reset();
  return DaysFrom(day, [&](Day found, Money net) {
    client_.first_day = found;
    client_.first_day_net = net;
    return false;
  });
}

// The last day before `day`: searched backwards, because between it and the first there may be thousands.
Result<void> Purchases::FindLastDay(Day day) {
  client_.last_day.reset();
  client_.last_day_net.reset();
  for (std::chrono::days length{16}; client_.first_day && !client_.last_day; length *= 2) {
    const Day begin = std::max(*client_.first_day, day - length);
    MAINSTAY_TRY(DaysFrom(begin, [&](Day found, Money net) {
      if (found >= day) return false;
      client_.last_day = found;
      client_.last_day_net = net;
      return true;
    }));
    if (begin == *client_.first_day) break;
  }
  return {};
}

Result<void> Purchases::DaysFrom(Day from, const std::function<bool(Day, Money)>& visit) {
  const std::string prefix = JoinKey({book_id_.raw(), id_.raw()}) + '\0';
  return context_.Scan(
      kOrderDays, prefix, DayKey(book_id_, id_, from), [&](std::string_view key, std::string_view value) {
        const auto number = static_cast<std::int32_t>(stream::ReadOrderedInt64(key.substr(prefix.size())));
        return DecodeUnits(value) <= Money{} || visit(FromDayNumber(number), DecodeUnits(value));
      });
}

Result<std::vector<Cell>> Purchases::CellsOf(const OrderId& order) {
  std::vector<Cell> cells;
  for (std::uint16_t piece = 0;; ++piece) {
    MAINSTAY_TRY_ASSIGN(bytes, context_.Get(kOrderCells, PieceKey(book_id_, order, piece)));
    if (!bytes) return cells;
    state::v1::SegmentationOrderCells proto;
    if (!proto.ParseFromString(*bytes)) return Fail(ErrorCode::kDataLoss, "the stored cells of an order are damaged");
    for (const auto& cell : proto.cells()) cells.push_back({cell.product(), cell.department(), cell.location()});
  }
}

Result<void> Purchases::StoreCells(const OrderId& order, const std::vector<Cell>& cells, bool is_new) {
  state::v1::SegmentationOrderCells proto;
  std::uint16_t piece = 0;
  const auto write = [&] {
    context_.Put(kOrderCells, PieceKey(book_id_, order, piece++), proto.SerializeAsString());
    proto.Clear();
  };
  std::size_t bytes = 0;
  for (const Cell& cell : cells) {
    auto& stored = *proto.add_cells();
    stored.set_product(cell.product);
    stored.set_department(cell.department);
    stored.set_location(cell.location);
    bytes += stored.ByteSizeLong();
    if (bytes < kPieceBytes) continue;
    write();
    bytes = 0;
  }
  if (proto.cells_size() > 0) write();
  for (; !is_new; ++piece) {  // There were more before.
    const std::string key = PieceKey(book_id_, order, piece);
    MAINSTAY_TRY_ASSIGN(more, context_.Get(kOrderCells, key));
    if (!more) break;
    context_.Erase(kOrderCells, key);
  }
  return {};
}

Result<void> Purchases::Hold(const std::vector<Cell>& cells, Instant at) {
  for (const Thing& thing : ThingsOf(cells)) MAINSTAY_TRY(AddHolding(thing.kind, thing.suffix, {at, 1}));
  return {};
}

Result<void> Purchases::AddHolding(std::string_view kind, const std::string& suffix, Holding added) {
  const std::string key = Key(kind, suffix);
  MAINSTAY_TRY_ASSIGN(bytes, context_.Get(kHoldings, key));
  Holding holding = added;
  if (bytes) {
    const Holding known = DecodeHolding(*bytes);
    holding = {std::min(known.since, added.since), known.orders + added.orders};
    if (IsBeyond(kind, known.since)) --client_.beyond_first;
  } else {
    Count(kind, 1);
    if (kind == kProductKind) MAINSTAY_TRY(CountProduct(suffix, 1));
  }
  if (IsBeyond(kind, holding.since)) ++client_.beyond_first;
  context_.Put(kHoldings, key, EncodeHolding(holding));
  return {};
}

Result<void> Purchases::LetGo(const std::vector<Cell>& cells, Instant at) {
  for (const Thing& thing : ThingsOf(cells)) {
    const std::string key = Key(thing.kind, thing.suffix);
    MAINSTAY_TRY_ASSIGN(bytes, context_.Get(kHoldings, key));
    if (!bytes) continue;
    Holding holding = DecodeHolding(*bytes);
    if (IsBeyond(thing.kind, holding.since)) --client_.beyond_first;
    if (--holding.orders == 0) {
      context_.Erase(kHoldings, key);
      Count(thing.kind, -1);
      if (thing.kind == kProductKind) MAINSTAY_TRY(CountProduct(thing.suffix, -1));
      continue;
    }
    if (holding.since == at) {
      MAINSTAY_TRY_ASSIGN(since, SinceWhen(thing.kind, thing.suffix, at));
      holding.since = since;
    }
    if (IsBeyond(thing.kind, holding.since)) ++client_.beyond_first;
    context_.Put(kHoldings, key, EncodeHolding(holding));
  }
  return {};
}

// The earliest order from `at` on that stands and holds the thing: none before it does. Only needed when the first one
// is corrected or refunded as a whole; the ledger has it as it is after that already. Who refunds a million orders one
// after the other looks at each a few times only, because each search begins where the last one ended.
Result<Instant> Purchases::SinceWhen(std::string_view kind, const std::string& suffix, Instant at) {
  constexpr std::size_t kStep = 32;
  const ledger::LedgerTables tables(kLedger);
  ledger::TimedOrder last{at, OrderId{""}};
  for (;;) {
    MAINSTAY_TRY_ASSIGN(orders, tables.OrdersAfter(context_, book_id_, id_, last, kStep));
    if (!orders) return SinceWhenOfAll(kind, suffix);
    for (const ledger::TimedOrder& order : *orders) {
      MAINSTAY_TRY_ASSIGN(holds, StandsAndHolds(order.id, kind, suffix));
      if (holds) return order.time;
    }
    if (orders->size() < kStep) return Fail(ErrorCode::kDataLoss, "what a client holds is in none of its orders");
    last = orders->back();
  }
}

Result<bool> Purchases::StandsAndHolds(const OrderId& id, std::string_view kind, const std::string& suffix) {
  MAINSTAY_TRY_ASSIGN(order, ledger::LedgerTables(kLedger).FindOrder(context_, book_id_, id));
  if (!order || order->net() <= Money{}) return false;
  MAINSTAY_TRY_ASSIGN(cells, CellsOf(id));
  return Holds(cells, kind, suffix);
}

// The same of a client that has orders from before they were kept by time: O(orders of the client).
Result<Instant> Purchases::SinceWhenOfAll(std::string_view kind, const std::string& suffix) {
  const ledger::LedgerTables tables(kLedger);
  MAINSTAY_TRY_ASSIGN(orders, tables.OrdersOf(context_, book_id_, id_));
  std::optional<Instant> since;
  for (const OrderId& id : orders) {
    MAINSTAY_TRY_ASSIGN(order, tables.FindOrder(context_, book_id_, id));
    if (!order || order->net() <= Money{} || (since && order->time >= *since)) continue;
    MAINSTAY_TRY_ASSIGN(cells, CellsOf(id));
    if (Holds(cells, kind, suffix)) since = order->time;
  }
  if (!since) return Fail(ErrorCode::kDataLoss, "what a client holds is in none of its orders");
  return *since;
}

Result<void> Purchases::CountProduct(const std::string& product, int step) {
  const std::string key = JoinKey({book_id_.raw(), product});
  MAINSTAY_TRY_ASSIGN(bytes, context_.Get(kProducts, key));
  state::v1::SegmentationProduct proto;
  if (bytes && !proto.ParseFromString(*bytes)) return Fail(ErrorCode::kDataLoss, "a stored product is damaged");
  products_changed_ = true;
  proto.set_holders(proto.holders() + step);
  if (proto.holders() == 0 && !proto.declared()) {
    context_.Erase(kProducts, key);
  } else {
    context_.Put(kProducts, key, proto.SerializeAsString());
  }
  book_.holdings += step;
  const bool edge = client_.products == (step > 0 ? 1 : 0);
  if (edge) book_.buyers += step;
  return {};
}

Result<void> Purchases::RecountBeyond() {
  client_.beyond_first = 0;
  for (const std::string_view kind : {kProductKind, kDepartmentKind, kLocationKind}) {
    const std::string prefix = JoinKey({book_id_.raw(), id_.raw(), kind}) + '\0';
    MAINSTAY_TRY(context_.Scan(kHoldings, prefix, {}, [&](std::string_view, std::string_view value) {
      if (IsBeyond(kind, DecodeHolding(value).since)) ++client_.beyond_first;
      return true;
    }));
  }
  return {};
}

Result<void> Purchases::Erase(const std::vector<OrderId>& orders) {
  const std::string prefix = JoinKey({book_id_.raw(), id_.raw()}) + '\0';
  MAINSTAY_TRY_ASSIGN(holdings, Entries(context_, kHoldings, prefix));
  for (const auto& [rest, bytes] : holdings) {
    const auto parts = stream::SplitKey(rest);
    Count(parts[0], -1);
    if (parts[0] == kProductKind) MAINSTAY_TRY(CountProduct(std::string(parts[1]), -1));
    context_.Erase(kHoldings, prefix + rest);
  }
  MAINSTAY_TRY_ASSIGN(days, Entries(context_, kOrderDays, prefix));
  for (const auto& [rest, bytes] : days) context_.Erase(kOrderDays, prefix + rest);
  for (const OrderId& order : orders) MAINSTAY_TRY(StoreCells(order, {}));
  return {};
}

// Orders keep their cells, which are found by the order's id.
Result<void> Purchases::MoveTo(const ClientId& into, ClientRecord& into_client) {
  const std::string prefix = JoinKey({book_id_.raw(), id_.raw()}) + '\0';
  MAINSTAY_TRY_ASSIGN(holdings, Entries(context_, kHoldings, prefix));
  MAINSTAY_TRY_ASSIGN(days, Entries(context_, kOrderDays, prefix));
  MAINSTAY_TRY(Erase({}));
  Purchases target(context_, book_id_, book_, into, into_client);
  const std::optional<Day> first_before = into_client.first_day;
  for (const auto& [rest, bytes] : days) {
    const Day day = FromDayNumber(static_cast<std::int32_t>(stream::ReadOrderedInt64(rest)));
    MAINSTAY_TRY(target.AddToDay(day, DecodeUnits(bytes)));
  }
  for (const auto& [rest, bytes] : holdings) {
    const std::string_view kind = rest.substr(0, 1) == kProductKind      ? kProductKind
                                  : rest.substr(0, 1) == kDepartmentKind ? kDepartmentKind
                                  : rest.substr(0, 1) == kLocationKind   ? kLocationKind
                                                                         : kCellKind;
    MAINSTAY_TRY(target.AddHolding(kind, rest.substr(2), DecodeHolding(bytes)));
  }
  return into_client.first_day == first_before ? Result<void>{} : target.RecountBeyond();
}

}  // namespace mainstay::segmentation
