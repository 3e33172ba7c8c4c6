#include "fold_topics.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include "mainstay/stream/key_builder.h"

namespace mainstay::cadence {
namespace {

std::string Listed(const std::vector<ProductId>& products) {
  std::string text;
  for (const ProductId& product : products) text += (text.empty() ? "" : ", ") + product.raw();
  return text;
}

// The newest word about a goal, offer or promise stands; a promise that ended stays ended.
Result<void> Open(stream::Context& context, const std::string& key, Topic topic) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kTopics, key));
  if (bytes) {
    MAINSTAY_TRY_ASSIGN(known, DecodeTopic(*bytes));
    if (known.closed || std::tie(topic.at, topic.text) <= std::tie(known.at, known.text)) return {};
  }
  context.Put(kTopics, key, Encode(topic));
  return {};
}

template <class Ended>
const PromiseId* EndedPromise(const InEvent& event) {
  const auto* ended = std::get_if<Ended>(&event.data);
  return ended == nullptr ? nullptr : &ended->promise;
}

}  // namespace

Result<void> FoldTopics(stream::Context& context, const BookId& book, const InEvent& event) {
  const auto key = [&](std::string_view kind, const std::string& id) {
    return stream::JoinKey({book.raw(), event.client->raw(), kind, id});
  };
  if (const auto* goal = std::get_if<GoalSet>(&event.data)) {
    return Open(context, key("goal", goal->goal.raw()), {goal->title, goal->target_date, false, event.time});
  }
  if (const auto* offer = std::get_if<OfferMade>(&event.data)) {
    const Day until = std::chrono::floor<std::chrono::days>(event.time) + kOfferTalkedAbout;
    return Open(context, key("offer", offer->offer.raw()), {Listed(offer->products), until, false, event.time});
  }
  if (const auto* promise = std::get_if<PromiseMade>(&event.data)) {
    const std::string text = promise->what + " by " + FormatDay(promise->due);
    return Open(context, key("promise", promise->promise.raw()), {text, {}, false, event.time});
  }
  const PromiseId* ended = EndedPromise<PromiseKept>(event);
  if (ended == nullptr) ended = EndedPromise<PromiseExceeded>(event);
  if (ended == nullptr) ended = EndedPromise<PromiseBroken>(event);
  if (ended != nullptr) context.Put(kTopics, key("promise", ended->raw()), Encode(Topic{{}, {}, true, event.time}));
  return {};
}

Result<std::vector<std::string>> TopicsOn(const stream::Snapshot& snapshot, const BookId& book, const ClientId& client,
                                          Day day) {
  const std::string prefix = ClientPrefix(book, client);
  std::vector<std::pair<Instant, std::string>> open;
  Result<void> damaged{};
  MAINSTAY_TRY(snapshot.Scan(kTopics, prefix, {}, [&](std::string_view key, std::string_view value) {
    const Result<Topic> topic = DecodeTopic(value);
    if (!topic) {
      damaged = tl::unexpected(topic.error());
      return false;
    }
    if (topic->closed || (topic->until && *topic->until < day)) return true;
    const std::string_view kind = stream::SplitKey(key.substr(prefix.size())).front();
    open.emplace_back(topic->at, std::string(kind) + ": " + topic->text);
    return true;
  }));
  MAINSTAY_TRY(damaged);
  std::sort(open.begin(), open.end(),
            [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  std::vector<std::string> texts;
  texts.reserve(open.size());
  for (auto& [at, text] : open) texts.push_back(std::move(text));
  return texts;
}

}  // namespace mainstay::cadence
