// What a client bought and when: order days, and what it holds of products, departments, locations and cells of them.
//
// A thing is held while at least one order with a net amount above zero contains it. Shard thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mainstay/ledger/ledger_tables.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/client_events.h"
#include "state.h"

namespace mainstay::segmentation {

// One cell of the whitespace grid; an empty id: the order names none.
struct Cell {
  std::string product;
  std::string department;
  std::string location;
  friend auto operator<=>(const Cell&, const Cell&) = default;
};

// From the key it is stored by: product\0department\0location.
[[nodiscard]] Cell CellOf(std::string_view key);

// What is held, since when and by how many orders.
struct Holding {
  Instant since{};
  std::int64_t orders = 0;
};
[[nodiscard]] std::string EncodeHolding(const Holding& holding);
[[nodiscard]] Holding DecodeHolding(std::string_view bytes);

// Kinds of holdings, as they stand in the keys.
inline constexpr std::string_view kProductKind = "p";
inline constexpr std::string_view kDepartmentKind = "d";
inline constexpr std::string_view kLocationKind = "l";
inline constexpr std::string_view kCellKind = "c";  // Only cells that name a department or a location.

class Purchases {
 public:
  Purchases(stream::Context& context, const BookId& book_id, BookRecord& book, const ClientId& id, ClientRecord& client)
      : context_(context), book_id_(book_id), book_(book), id_(id), client_(client) {}

  // Takes in what the ledger booked. `lines`: what the order consists of from now on; null: as before.
  [[nodiscard]] Result<void> Apply(const ledger::Posting& posting, const std::vector<OrderLine>* lines);

  // Whether a product was taken up or let go since this was made.
  [[nodiscard]] bool products_changed() const { return products_changed_; }

  // Everything is forgotten, or becomes that of another client. The record's counters are the caller's to drop.
  [[nodiscard]] Result<void> Erase(const std::vector<OrderId>& orders);
  [[nodiscard]] Result<void> MoveTo(const ClientId& into, ClientRecord& into_client);

 private:
  [[nodiscard]] Result<void> MoveDays(const std::vector<ledger::OrderDayChange>& changes);
  [[nodiscard]] Result<void> AddToDay(Day day, Money delta);
  // The sum of a day; zero: it is not in the table. No read for the last day, nor for a later one.
  [[nodiscard]] Result<Money> NetOfDay(Day day, const std::string& key);
  // `day` was the client's first or last one and is no more.
  [[nodiscard]] Result<void> FindFirstDay(Day day);
  [[nodiscard]] Result<void> FindLastDay(Day day);
  [[nodiscard]] Result<void> DaysFrom(Day from, const std::function<bool(Day, Money)>& visit);
  [[nodiscard]] Result<std::vector<Cell>> CellsOf(const OrderId& order);
  // `is_new`: nothing is stored of the order yet.
  [[nodiscard]] Result<void> StoreCells(const OrderId& order, const std::vector<Cell>& cells, bool is_new = false);
  [[nodiscard]] Result<void> Hold(const std::vector<Cell>& cells, Instant at);
  [[nodiscard]] Result<void> LetGo(const std::vector<Cell>& cells, Instant at);
  [[nodiscard]] Result<void> AddHolding(std::string_view kind, const std::string& suffix, Holding added);
  [[nodiscard]] Result<Instant> SinceWhen(std::string_view kind, const std::string& suffix, Instant at);
  [[nodiscard]] Result<Instant> SinceWhenOfAll(std::string_view kind, const std::string& suffix);
  [[nodiscard]] Result<bool> StandsAndHolds(const OrderId& id, std::string_view kind, const std::string& suffix);
  [[nodiscard]] Result<void> CountProduct(const std::string& product, int step);
  [[nodiscard]] Result<void> RecountBeyond();
  void Count(std::string_view kind, int step);
  [[nodiscard]] bool IsBeyond(std::string_view kind, Instant since) const;
  [[nodiscard]] std::string Key(std::string_view kind, const std::string& suffix) const;

  stream::Context& context_;
  const BookId& book_id_;
  BookRecord& book_;
  const ClientId& id_;
  ClientRecord& client_;
  bool products_changed_ = false;
};

}  // namespace mainstay::segmentation
