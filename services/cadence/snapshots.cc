#include "snapshots.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "mainstay/stream/key_builder.h"

namespace mainstay::cadence {
namespace {

constexpr std::size_t kHead = 8;  // Bytes: the instant at which the first open snapshot matures.
constexpr std::size_t kLabelsOfValue = 256;

Instant MaturesAt(const risk::Snapshot& snapshot) {
  using Weeks = std::chrono::duration<double, std::ratio<604'800>>;
  return snapshot.at + std::chrono::ceil<Duration>(Weeks{snapshot.horizon_weeks});
}

std::string LabelKey(const BookId& book, std::int64_t number) {
  std::string key = book.raw() + '\0';
  stream::AppendOrderedInt64(key, number);
  return key;
}

std::string Headed(Instant first, std::string_view snapshots) {
  std::string value;
  stream::AppendOrderedInt64(value, ToMs(first));
  return value.append(snapshots);
}

// The first order after the client's day of the snapshot; which order of that day came first is not kept.
std::optional<Instant> FirstOrderAfter(const ClientRecord& client, const Book& book, Instant at) {
  const Day day = book.zone.LocalDay(at);
  for (const risk::OrderDay& order : client.order_days.parts().days) {
    if (order.day > day && order.net > Money{}) return book.zone.StartOfDay(order.day);
  }
  return std::nullopt;
}

}  // namespace

double WeeksBetween(Instant from, Instant to) {
  return static_cast<double>((to - from).count()) / static_cast<double>(Duration{std::chrono::weeks{1}}.count());
}

ClientSnapshots::ClientSnapshots(stream::Context& context, const Book& book, const ClientId& id,
                                 std::string_view stored)
    : context_(context), book_(book), id_(id), stored_(stored) {}

Result<void> ClientSnapshots::Open() {
  if (open_) return {};
  if (stored_.empty()) {
    open_.emplace();
    return {};
  }
  if (stored_.size() < kHead) return Fail(ErrorCode::kDataLoss, "the stored snapshots are damaged");
  MAINSTAY_TRY_ASSIGN(open, DecodeSnapshots(std::string_view(stored_).substr(kHead)));
  open_ = std::move(open);
  return {};
}

Result<void> ClientSnapshots::TakeMatured(const ClientRecord& client, std::vector<MaturedRecord>& labels) {
  const Instant now = context_.Now();
  if (stored_.size() < kHead || FromMs(stream::ReadOrderedInt64(stored_)) > now) return {};
  MAINSTAY_TRY(Open());
  risk::Outcome outcome;
  if (client.plan.lost) outcome.lost_at = client.status_set.at;
  std::vector<OpenSnapshot> still_open;
  for (const OpenSnapshot& open : *open_) {
    outcome.first_order_after = FirstOrderAfter(client, book_, open.snapshot.at);
    const bool due = client.plan.lost || MaturesAt(open.snapshot) <= now;
    const risk::Label label = due ? risk::LabelOf(open.snapshot, outcome, now) : risk::Label::kPending;
    if (label == risk::Label::kPending) {
      still_open.push_back(open);
    } else {
      labels.push_back({{open.snapshot, label == risk::Label::kLeft}, open.published});
    }
  }
  open_ = std::move(still_open);
  changed_ = true;
  return {};
}

Result<void> ClientSnapshots::Take(const ClientRecord& client) {
  ZoneRules zone = book_.zone;
  if (client.zone) {
    MAINSTAY_TRY_ASSIGN(own, RulesOf(client.zone));
    zone = own;
  }
  const Instant now = context_.Now();
  const risk::ClientFacts facts = FactsOf(client, book_, zone, now);
  if (!facts.orders && !facts.contract) return {};
  const std::optional<risk::Snapshot> snapshot = risk::SnapshotOf(risk::ChurnCurve(facts, book_.parameters()), now);
  if (!snapshot) return {};
  MAINSTAY_TRY(Open());
  const double published = risk::Probability(*snapshot, book_.parameters());
  open_->push_back({*snapshot, published});
  changed_ = true;
  return {};
}

void ClientSnapshots::Store() {
  if (!changed_) return;
  const std::string key = ClientKey(book_.id, id_);
  if (open_->empty()) {
    context_.Erase(kSnapshots, key);
    return;
  }
  Instant first = Instant::max();
  for (const OpenSnapshot& open : *open_) first = std::min(first, MaturesAt(open.snapshot));
  context_.Put(kSnapshots, key, Headed(first, Encode(*open_)));
}

Result<void> LabelAtOnce(stream::Context& context, const BookId& book, const ClientId& client) {
  const std::string key = ClientKey(book, client);
  MAINSTAY_TRY_ASSIGN(stored, context.Get(kSnapshots, key));
  if (!stored || stored->size() < kHead) return {};
  context.Put(kSnapshots, key, Headed(context.Now(), std::string_view(*stored).substr(kHead)));
  return {};
}

void DropSnapshots(stream::Context& context, const BookId& book, const ClientId& client) {
  context.Erase(kSnapshots, ClientKey(book, client));
}

void StoreLabels(stream::Context& context, const BookId& book, std::int64_t number,
                 const std::vector<MaturedRecord>& labels) {
  for (std::size_t from = 0; from < labels.size(); from += kLabelsOfValue) {
    const std::size_t to = std::min(labels.size(), from + kLabelsOfValue);
    context.Put(kMatured, LabelKey(book, number + static_cast<std::int64_t>(from)), Encode(labels, from, to));
  }
}

Result<std::vector<risk::Matured>> ReadLabels(stream::Context& context, const BookId& book, std::int64_t first) {
  std::vector<risk::Matured> labels;
  Result<void> failed{};
  MAINSTAY_TRY(
      context.Scan(kMatured, book.raw() + '\0', LabelKey(book, first), [&](std::string_view, std::string_view value) {
        Result<std::vector<MaturedRecord>> stored = DecodeLabels(value);
        if (!stored) {
          failed = tl::unexpected(stored.error());
          return false;
        }
        for (const MaturedRecord& label : *stored) labels.push_back(label.row);
        return true;
      }));
  MAINSTAY_TRY(failed);
  return labels;
}

Result<void> DropOldLabels(stream::Context& context, const BookId& book, std::int64_t matured) {
  const std::int64_t oldest = matured - kKeptLabels;
  if (oldest <= 0) return {};
  const std::string prefix = book.raw() + '\0';
  std::vector<std::string> old;
  std::string last;
  MAINSTAY_TRY(context.Scan(kMatured, prefix, {}, [&](std::string_view key, std::string_view) {
    // A value ends where the next one begins.
    if (!last.empty() && stream::ReadOrderedInt64(key.substr(prefix.size())) > oldest) return false;
    if (!last.empty()) old.push_back(std::move(last));
    last = key;
    return true;
  }));
  for (const std::string& key : old) context.Erase(kMatured, key);
  return {};
}

}  // namespace mainstay::cadence
