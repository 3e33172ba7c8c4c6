#include "mainstay/ledger/mergers.h"

#include <functional>
#include <map>

#include "mainstay/stream/key_builder.h"

namespace mainstay::ledger {

std::string Mergers::KeyOf(const BookId& book, const ClientId& id) { return stream::JoinKey({book.raw(), id.raw()}); }

Result<std::optional<ClientId>> Mergers::Merge(stream::Context& context, const InEvent& event,
                                               const ClientId& into) const {
  const ClientId& from = *event.client;
  MAINSTAY_TRY_ASSIGN(survivor, Today(context, event.book, into));
  const std::string key = KeyOf(event.book, from);
  MAINSTAY_TRY_ASSIGN(before, context.Get(table_, key));
  if (before) {
    MAINSTAY_TRY_ASSIGN(today, Today(context, event.book, from));
    if (today != survivor) return InvalidField("data.intoClientId", from.raw() + " was merged into " + *before);
    return std::optional<ClientId>{};
  }
  if (survivor == from) return InvalidField("data.intoClientId", "this would merge in a circle");
  context.Put(table_, key, survivor.raw());
  return std::optional(std::move(survivor));
}

Result<std::vector<ClientId>> Mergers::Forget(stream::Context& context, const BookId& book, const ClientId& id) const {
  const std::string prefix = book.raw() + '\0';
  std::multimap<std::string, std::string, std::less<>> gone;  // By the client they went up in.
  MAINSTAY_TRY(context.Scan(table_, prefix, {}, [&](std::string_view key, std::string_view into) {
    gone.emplace(into, key.substr(prefix.size()));
    return true;
  }));
  std::vector<ClientId> forgotten;
  std::vector<std::string> survivors{id.raw()};
  while (!survivors.empty()) {
    const auto [first, last] = gone.equal_range(std::exchange(survivors.back(), {}));
    survivors.pop_back();
    for (auto one = first; one != last; ++one) {
      context.Erase(table_, prefix + one->second);
      survivors.push_back(one->second);
      forgotten.emplace_back(one->second);
    }
  }
  return forgotten;
}

}  // namespace mainstay::ledger
