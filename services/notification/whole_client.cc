#include "whole_client.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "prompting.h"
#include "purchases.h"
#include "rep_alerts.h"
#include "tables.h"

namespace mainstay::notification {
namespace {

using stream::JoinKey;

constexpr int kMostMerges = 16;

// Erases the book's entries of `table` that are about `client`. Rare, so no index is kept for it.
template <class Entry>
Result<void> EraseEntriesOf(stream::Context& context, stream::TableId table, const BookId& book, const ClientId& client,
                            Result<Entry> (*decode)(std::string_view)) {
  std::vector<std::string> keys;
  Result<void> damaged{};
  MAINSTAY_TRY(context.Scan(table, JoinKey({book.raw(), ""}), {}, [&](std::string_view key, std::string_view value) {
    const Result<Entry> entry = decode(value);
    if (!entry) {
      damaged = tl::unexpected(entry.error());
      return false;
    }
    if (entry->client == client) keys.emplace_back(key);
    return true;
  }));
  MAINSTAY_TRY(damaged);
  for (const std::string& key : keys) context.Erase(table, key);
  return {};
}

}  // namespace

Result<ClientId> TodaysClient(stream::Context& context, const BookId& book, ClientId id) {
  for (int i = 0; i < kMostMerges; ++i) {
    MAINSTAY_TRY_ASSIGN(client, LoadClient(context, book, id));
    if (!client.merged_into) return id;
    id = std::move(*client.merged_into);
  }
  return Fail(ErrorCode::kInvalidArgument, "client " + id.raw() + " was merged too often");
}

Result<void> MergeClient(stream::Context& context, const InEvent& event, const ClientMerged& merged, BookRecord& book) {
  const ClientId& from_id = *event.client;
  MAINSTAY_TRY_ASSIGN(into_id, TodaysClient(context, event.book, merged.into));
  MAINSTAY_TRY_ASSIGN(from, LoadClient(context, event.book, from_id));
  if (from.merged_into) {
    MAINSTAY_TRY_ASSIGN(today, TodaysClient(context, event.book, from_id));
    if (today != into_id) {
      return InvalidField("data.intoClientId", from_id.raw() + " was merged into " + from.merged_into->raw());
    }
    context.Answer({stream::Verdict::Kind::kAlreadySeen, {}});
    return {};
  }
  if (into_id == from_id) return InvalidField("data.intoClientId", "this would merge in a circle");
  MAINSTAY_TRY(PromptClientGone({context, event.book, from_id, from, event.id.raw()}, ClientGone::kMerged));
  MAINSTAY_TRY(WithdrawAlerts(context, event.book, from, ClientGone::kMerged));
  MAINSTAY_TRY_ASSIGN(into, LoadClient(context, event.book, into_id));
  if (into.care.erased) {
    MAINSTAY_TRY(EraseHoldings(context, event.book, from_id, book));
  } else {
    MAINSTAY_TRY(MoveHoldings(context, event.book, from_id, into_id, book));
    MergeCare(from.care, into.care);
    into.last_issued_at = std::max(into.last_issued_at, from.last_issued_at);
    PutClient(context, event.book, into_id, into);
  }
  ClientRecord gone;
  gone.merged_into = into_id;
  PutClient(context, event.book, from_id, gone);
  return {};
}

Result<void> EraseClient(stream::Context& context, const InEvent& event, BookRecord& book) {
  const ClientId& id = *event.client;
  MAINSTAY_TRY_ASSIGN(client, LoadClient(context, event.book, id));
  MAINSTAY_TRY(PromptClientGone({context, event.book, id, client, event.id.raw()}, ClientGone::kErased));
  MAINSTAY_TRY(EraseHoldings(context, event.book, id, book));
  MAINSTAY_TRY(EraseEntriesOf(context, kPrompts, event.book, id, DecodePrompt));
  MAINSTAY_TRY(EraseEntriesOf(context, kAlerts, event.book, id, DecodeAlert));
  ClientRecord gone;
  gone.care.erased = true;
  gone.erased_at = event.time;
  PutClient(context, event.book, id, gone);
  return {};
}

}  // namespace mainstay::notification
