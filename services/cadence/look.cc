#include "look.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "learning.h"
#include "mainstay/risk/client_value.h"
#include "mainstay/stream/key_builder.h"
#include "snapshots.h"
#include "state_codec.h"
#include "sweep.h"

namespace mainstay::cadence {
namespace {

constexpr std::size_t kStep = 1'500;  // Clients; what a step keeps of them stays below 64 KiB.

enum class LookKind : char { kWeekly = 'w', kImportEnd = 'i' };

// How far a look has come.
struct Progress {
  LookKind kind = LookKind::kWeekly;
  EventRef cause;
  Instant started{};
  std::int64_t first_label = 0;  // The number of the first label of this look ...
  std::int64_t next_label = 0;   // ... and of the next one.
  std::int64_t steps = 0;        // Done.
  std::string last;              // Client that was looked at.
};

std::string Encode(const Progress& progress) {
  std::string payload(1, static_cast<char>(progress.kind));
  for (const std::int64_t number :
       {ToMs(progress.started), progress.first_label, progress.next_label, progress.steps}) {
    stream::AppendOrderedInt64(payload, number);
  }
  return payload + stream::JoinKey({progress.cause.source, progress.cause.id.raw(), progress.last});
}

Result<Progress> DecodeProgress(std::string_view payload) {
  constexpr std::size_t kHead = 1 + 4 * 8;
  if (payload.size() < kHead) return Fail(ErrorCode::kDataLoss, "a look's timer is damaged");
  const auto number = [&](std::size_t i) { return stream::ReadOrderedInt64(payload.substr(1 + 8 * i)); };
  const std::vector<std::string_view> tail = stream::SplitKey(payload.substr(kHead));
  if (tail.size() != 3) return Fail(ErrorCode::kDataLoss, "a look's timer is damaged");
  return Progress{static_cast<LookKind>(payload[0]),
                  {std::string(tail[0]), EventId{std::string(tail[1])}},
                  FromMs(number(0)),
                  number(1),
                  number(2),
                  number(3),
                  std::string(tail[2])};
}

std::string StepKey(const BookId& book, std::int64_t step) {
  std::string key = book.raw() + '\0';
  stream::AppendOrderedInt64(key, step);
  return key;
}

std::string Encode(const OrderSurvey& survey) {
  state::v1::CadenceLookStep proto;
  for (const risk::Observed& client : survey.clients) {
    proto.add_x(client.repeats.x);
    proto.add_t_x(client.repeats.t_x);
    proto.add_ln_gap_sum(client.repeats.ln_gap_sum);
    proto.add_age(client.age);
  }
  for (const risk::ValueObserved& values : survey.values) {
    proto.add_value_x(values.x);
    proto.add_value_mean(values.mean);
  }
  if (!survey.clients.empty()) {
    proto.set_first_day(ToDayNumber(survey.first));
    proto.set_last_day(ToDayNumber(survey.last));
  }
  return proto.SerializeAsString();
}

Result<void> AddStored(std::string_view bytes, OrderSurvey& survey) {
  state::v1::CadenceLookStep proto;
  MAINSTAY_TRY(Parse(bytes, "step of a look", proto));
  const int n = proto.x_size();
  if (proto.t_x_size() != n || proto.ln_gap_sum_size() != n || proto.age_size() != n ||
      proto.value_x_size() != proto.value_mean_size()) {
    return Fail(ErrorCode::kDataLoss, "a stored step of a look is damaged");
  }
  for (int i = 0; i < n; ++i) {
    survey.clients.push_back({{proto.x(i), proto.t_x(i), proto.ln_gap_sum(i)}, proto.age(i)});
  }
  for (int i = 0; i < proto.value_x_size(); ++i) survey.values.push_back({proto.value_x(i), proto.value_mean(i)});
  if (n == 0) return {};
  survey.first = std::min(survey.first, FromDayNumber(proto.first_day()));
  survey.last = std::max(survey.last, FromDayNumber(proto.last_day()));
  return {};
}

void AddClient(const risk::OrderDays& days, const Book& book, Instant now, OrderSurvey& survey) {
  if (!days.statistics()) return;
  const risk::OrderStatistics& statistics = *days.statistics();
  const double silent = std::max(0.0, WeeksBetween(book.zone.EndOfDay(statistics.last), now));
  survey.clients.push_back({statistics.repeats, statistics.repeats.t_x + silent});
  survey.first = std::min(survey.first, statistics.first);
  survey.last = std::max(survey.last, statistics.last);
  const risk::OrderValues values = risk::ValuesOf(days);
  if (values.x > 0) survey.values.push_back({values.x, values.mean});
}

using Entries = std::vector<std::pair<std::string, std::string>>;  // Client and value.

// Up to kStep entries after `after`, none beyond `last` if there is one.
Result<Entries> NextEntries(stream::Context& context, stream::TableId table, const BookId& book,
                            const std::string& after, const std::string* last) {
  const std::string prefix = book.raw() + '\0';
  Entries entries;
  MAINSTAY_TRY(context.Scan(table, prefix, prefix + after, [&](std::string_view key, std::string_view value) {
    const std::string_view client = key.substr(prefix.size());
    if (last != nullptr && client > *last) return false;
    if (client != after || after.empty()) entries.emplace_back(client, value);
    return entries.size() < kStep;
  }));
  return entries;
}

// One step: labels, snapshots, orders. True if it was the last.
Result<bool> LookOn(stream::Context& context, const Book& book, Progress& progress, OrderSurvey& survey) {
  MAINSTAY_TRY_ASSIGN(clients, NextEntries(context, kClients, book.id, progress.last, nullptr));
  const bool done = clients.size() < kStep;
  if (clients.empty()) return done;
  MAINSTAY_TRY_ASSIGN(open, NextEntries(context, kSnapshots, book.id, progress.last, &clients.back().first));
  std::vector<MaturedRecord> labels;
  auto next_open = open.begin();
  for (const auto& [name, bytes] : clients) {
    MAINSTAY_TRY_ASSIGN(client, DecodeClient(bytes));
    const ClientId id{name};
    while (next_open != open.end() && next_open->first < name) ++next_open;
    const bool has_open = next_open != open.end() && next_open->first == name;
    ClientSnapshots snapshots{context, book, id, has_open ? std::string_view(next_open->second) : std::string_view{}};
    MAINSTAY_TRY(snapshots.TakeMatured(client, labels));
    AddClient(client.order_days, book, progress.started, survey);
    const bool its_week = progress.kind == LookKind::kWeekly && risk::IsSnapshotWeek(book.id, id, progress.started);
    if (its_week && !client.plan.lost) MAINSTAY_TRY(snapshots.Take(client));
    snapshots.Store();
  }
  StoreLabels(context, book.id, progress.next_label, labels);
  progress.next_label += std::ssize(labels);
  progress.last = clients.back().first;
  return done;
}

Result<void> Finish(stream::Context& context, Book& book, const Progress& progress, OrderSurvey survey) {
  OrderSurvey all;
  for (std::int64_t step = 0; step < progress.steps; ++step) {
    const std::string key = StepKey(book.id, step);
    MAINSTAY_TRY_ASSIGN(bytes, context.Get(kLook, key));
    if (!bytes) return Fail(ErrorCode::kDataLoss, "a step of a look is missing");
    MAINSTAY_TRY(AddStored(*bytes, all));
    context.Erase(kLook, key);
  }
  all.clients.insert(all.clients.end(), survey.clients.begin(), survey.clients.end());
  all.values.insert(all.values.end(), survey.values.begin(), survey.values.end());
  all.first = std::min(all.first, survey.first);
  all.last = std::max(all.last, survey.last);
  MAINSTAY_TRY(DropOldLabels(context, book.id, progress.next_label));
  MAINSTAY_TRY_ASSIGN(learning, LoadLearning(context, book.id));
  learning.matured = progress.next_label;
  MAINSTAY_TRY_ASSIGN(changed, Reconsider(context, book, all, std::move(learning), progress.first_label));
  if (progress.kind == LookKind::kImportEnd) {
    return StartSweep(context, book.id, SweepKind::kImportEnd, progress.cause);
  }
  return changed ? StartSweep(context, book.id, SweepKind::kRisk, progress.cause) : Result<void>{};
}

Result<void> GoOn(stream::Context& context, Book& book, Progress progress) {
  OrderSurvey survey;
  MAINSTAY_TRY_ASSIGN(done, LookOn(context, book, progress, survey));
  if (done) return Finish(context, book, progress, std::move(survey));
  context.Put(kLook, StepKey(book.id, progress.steps), Encode(survey));
  ++progress.steps;
  return context.SetTimer(kLookTimer, book.id.raw(), context.Now(), Encode(progress));
}

Result<void> Begin(stream::Context& context, Book& book, LookKind kind, const EventRef& cause) {
  MAINSTAY_TRY_ASSIGN(learning, LoadLearning(context, book.id));
  return GoOn(context, book, {kind, cause, context.Now(), learning.matured, learning.matured, 0, {}});
}

}  // namespace

Result<bool> ArmModelTimer(stream::Context& context, Book& book) {
  if (book.record.model_timer) return false;
  book.record.model_timer = context.Now() + kModelEvery;
  MAINSTAY_TRY(context.SetTimer(kModelTimer, book.id.raw(), *book.record.model_timer, {}));
  return true;
}

Result<void> OnModelTimer(stream::Context& context, Book book, const EventRef& cause) {
  book.record.model_timer.reset();
  if (!book.record.importing) MAINSTAY_TRY(Begin(context, book, LookKind::kWeekly, cause));
  MAINSTAY_TRY(ArmModelTimer(context, book));
  context.Put(kBooks, book.id.raw(), Encode(book.record));
  return {};
}

// Steps follow one another at one instant: no record, and so no other look, comes between them.
Result<void> OnLookTimer(stream::Context& context, Book book, const stream::Timer& timer) {
  MAINSTAY_TRY_ASSIGN(progress, DecodeProgress(timer.payload));
  MAINSTAY_TRY(GoOn(context, book, std::move(progress)));
  context.Put(kBooks, book.id.raw(), Encode(book.record));
  return {};
}

Result<void> LookAfterImport(stream::Context& context, Book& book, const EventRef& cause) {
  return Begin(context, book, LookKind::kImportEnd, cause);
}

}  // namespace mainstay::cadence
