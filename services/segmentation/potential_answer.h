// What a client may still be worth, as an answer: under the book's policy, or under one that is tried. Any thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "book_reading.h"
#include "mainstay/segmentation/potential.h"
#include "purchases.h"

namespace mainstay::segmentation {

// How a book's clients order, and which fit says so.
struct VersionedExpectation {
  std::string version = "default-1";
  OrderExpectation expected;
};

// What the caller brings of another service; without `said` the defaults. Error: kInvalidArgument naming the field.
[[nodiscard]] Result<VersionedExpectation> ExpectationOf(const Book& book, const query::v1::OrderParameters* said);
template <class Request>
[[nodiscard]] Result<VersionedExpectation> ExpectationOf(const Book& book, const Request& request) {
  return ExpectationOf(book, request.has_orders() ? &request.orders() : nullptr);
}

// What one client holds, and what it was assessed for.
struct ClientCells {
  std::set<std::string> products;
  std::set<std::string> departments;
  std::set<std::string> locations;
  std::set<Cell> held;
  std::map<Cell, Money> assessed;  // A year, in the book's currency; what is of another one is left out.
  // A cell that names neither department nor location is held when the product is.
  [[nodiscard]] bool Holds(const Cell& cell) const;
  // What is assessed a year for cells that it does not hold.
  [[nodiscard]] Money OpenYearly() const;
};
[[nodiscard]] Result<ClientCells> ReadClientCells(const Book& book, const ClientId& client);

// Lifetime potential: of what a client buys, and of what it could buy.
struct PotentialSums {
  std::optional<Money> bought;      // Absent without any order.
  std::optional<Money> whitespace;  // Absent without an assessment.
  [[nodiscard]] std::optional<Money> total() const;
};
// `open_yearly`: ClientCells::OpenYearly of the client; not looked at if nothing was assessed.
[[nodiscard]] PotentialSums PotentialOf(const ClientRecord& client, Money open_yearly, Instant at,
                                        const OrderExpectation& expected, const PolicyValues& policy);
// The same as an answer, under the book's policy; absent sums stay null.
void FillPotential(const Book& book, const ClientRecord& client, const ClientCells& cells,
                   const VersionedExpectation& model, query::v1::Potential& out);

}  // namespace mainstay::segmentation
