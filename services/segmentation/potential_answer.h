// What a client may still be worth, as an answer: under the book's policy, or under one that is tried. Any thread.
#pragma once

#include <map>
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

// What was assessed for each cell, a year.
[[nodiscard]] Result<std::map<Cell, Money>> AssessedOf(const Book& book, const ClientId& client);
[[nodiscard]] Cell CellOf(const std::string& suffix);

// Absent sums stay null.
[[nodiscard]] Result<void> FillPotential(const Book& book, const KnownClient& client, const VersionedExpectation& model,
                                         const PolicyValues& policy, query::v1::Potential& out);

// The same without the answer: of what it buys, and of what it could buy.
struct PotentialSums {
  std::optional<Money> bought;      // Absent without any order.
  std::optional<Money> whitespace;  // Absent without an assessment.
  [[nodiscard]] std::optional<Money> total() const;
};
// Reads the store of assessed clients only.
[[nodiscard]] Result<PotentialSums> PotentialOf(const Book& book, const KnownClient& client,
                                                const VersionedExpectation& model, const PolicyValues& policy);

}  // namespace mainstay::segmentation
