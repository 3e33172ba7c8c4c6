// The beginning and the end of every query: which book, seen from when, and where the answer stands. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/app/ports.h"
#include "mainstay/base/instant.h"
#include "mainstay/base/money.h"
#include "mainstay/base/result.h"
#include "mainstay/query/v1/answer.pb.h"
#include "mainstay/stream/ports.h"
#include "mainstay/stream/record.h"
#include "mainstay/vocabulary/ids.h"

namespace mainstay::door {

// One book of one service, frozen.
struct BookView {
  BookId book;
  std::int32_t partition = 0;
  Instant at{};  // What "now" means for this query.
  std::unique_ptr<stream::Snapshot> snapshot;
};

// Sorted. `books_table`: the service's table that has one entry per book, with the book id as its key.
[[nodiscard]] Result<std::vector<std::string>> ListBooks(const app::StateReader& state, std::string_view service,
                                                         stream::TableId books_table);

// Errors: field "book" with the list when it is left out and there is not exactly one; kNotFound for a book nobody
// has written to; field "at" for what is no time.
[[nodiscard]] Result<BookView> OpenBook(const app::StateReader& state, std::string_view service,
                                        stream::TableId books_table, const query::v1::BookQuery& query);

// Fills `position` and returns the stream time as RFC 3339 (empty before the first record).
[[nodiscard]] std::string FillPosition(const stream::Topology& topology, const BookView& view,
                                       query::v1::Position& position);

// book, as_of and position of any answer that has them.
template <class Response>
void FillHead(const stream::Topology& topology, const BookView& view, Response& response) {
  response.set_book(view.book.raw());
  if (const std::string as_of = FillPosition(topology, view, *response.mutable_position()); !as_of.empty()) {
    response.set_as_of(as_of);
  }
}

void SetMoney(Money money, const Currency& currency, query::v1::Money& out);

}  // namespace mainstay::door
