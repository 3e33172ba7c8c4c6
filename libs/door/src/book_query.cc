#include "mainstay/door/book_query.h"

#include <algorithm>

#include "mainstay/base/hash.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::door {
namespace {

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none yet; import or publish something first" : text;
}

}  // namespace

Result<std::vector<std::string>> ListBooks(const app::StateReader& state, std::string_view service,
                                           stream::TableId books_table) {
  std::vector<std::string> books;
  for (std::int32_t p = 0; p < state.partitions(); ++p) {
    MAINSTAY_TRY_ASSIGN(snapshot, state.ReadShard(service, p));
    MAINSTAY_TRY(snapshot->Scan(books_table, {}, {}, [&](std::string_view key, std::string_view) {
      books.emplace_back(key);
      return true;
    }));
  }
  std::sort(books.begin(), books.end());
  return books;
}

Result<BookView> OpenBook(const app::StateReader& state, std::string_view service, stream::TableId books_table,
                          const query::v1::BookQuery& query) {
  BookView view;
  view.book = BookId{query.book()};
  if (query.book().empty()) {
    MAINSTAY_TRY_ASSIGN(books, ListBooks(state, service, books_table));
    if (books.size() != 1) return InvalidField("book", "say which book with --book; there are: " + Joined(books));
    view.book = BookId{books.front()};
  }
  view.partition = PartitionOf(view.book.raw(), state.partitions());
  view.at = state.Now();
  if (!query.at().empty()) {
    Result<Instant> at = ParseInstant(query.at());
    if (!at) return InvalidField("at", at.error().message);
    view.at = *at;
  }
  MAINSTAY_TRY_ASSIGN(snapshot, state.ReadShard(service, view.partition));
  view.snapshot = std::move(snapshot);
  MAINSTAY_TRY_ASSIGN(known, view.snapshot->Get(books_table, view.book.raw()));
  if (!known) {
    MAINSTAY_TRY_ASSIGN(books, ListBooks(state, service, books_table));
    return Fail(ErrorCode::kNotFound, "there is no book '" + view.book.raw() + "'; there are: " + Joined(books));
  }
  return view;
}

std::string FillPosition(const stream::Topology& topology, const BookView& view, query::v1::Position& position) {
  const stream::Meta& meta = view.snapshot->meta();
  position.set_shard(view.partition);
  position.set_transaction(meta.transaction);
  for (std::size_t i = 0; i < meta.positions.size() && i < topology.inputs.size(); ++i) {
    (*position.mutable_topics())[topology.inputs[i]] = meta.positions[i];
  }
  return meta.stream_time_ms == INT64_MIN ? std::string() : FormatInstant(FromMs(meta.stream_time_ms));
}

void SetMoney(Money money, const Currency& currency, query::v1::Money& out) {
  out.set_amount(FormatMoney(money, currency));
  out.set_currency(currency.raw());
}

}  // namespace mainstay::door
