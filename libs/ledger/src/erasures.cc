#include "mainstay/ledger/erasures.h"

#include <string>
#include <utility>

#include "mainstay/base/hash.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::ledger {
namespace {

std::string KeyOf(const InEvent& event) {
  const auto bytes = HashParts({"erased", event.book.raw(), event.client->raw()}).Bytes();
  return {bytes.data(), bytes.size()};
}

}  // namespace

void Erasures::Mark(stream::Context& context, const InEvent& erased) const {
  std::string when;
  stream::AppendOrderedInt64(when, ToMs(erased.time));
  context.Put(table_, KeyOf(erased), std::move(when));
}

Result<std::optional<Instant>> Erasures::ErasedAt(stream::Context& context, const InEvent& event) const {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(table_, KeyOf(event)));
  return bytes ? std::optional(FromMs(stream::ReadOrderedInt64(*bytes))) : std::nullopt;
}

Result<bool> Erasures::Covers(stream::Context& context, const InEvent& event) const {
  MAINSTAY_TRY_ASSIGN(erased_at, ErasedAt(context, event));
  return erased_at && event.time <= *erased_at;
}

}  // namespace mainstay::ledger
