#include "sweep.h"

#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client_work.h"
#include "fold.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::cadence {
namespace {

using stream::JoinKey;

constexpr std::size_t kStep = 5'000;  // Clients.
constexpr std::size_t kTermValues = 6;

// What goes with each step of a sweep.
struct Task {
  SweepKind kind{};
  EventRef cause;
  CadenceTerms before{};  // Of kTerms.
};

// Kind, source and id of the cause, the last client done; the terms, if there are any.
std::string PayloadOf(const Task& task, const std::string& last) {
  const std::string kind(1, static_cast<char>(task.kind));
  std::string payload = JoinKey({kind, task.cause.source, task.cause.id.raw(), last});
  if (task.kind != SweepKind::kTerms) return payload;
  const CadenceTerms& terms = task.before;
  for (const int value : {terms.interval_a_days, terms.interval_b_months, terms.interval_c_months, terms.grace_a_days,
                          terms.grace_b_days, terms.grace_c_days}) {
    payload += '\0' + std::to_string(value);
  }
  return payload;
}

Result<Task> TaskOf(const std::vector<std::string_view>& payload) {
  constexpr std::size_t kFixed = 4;
  const bool with_terms = payload.size() == kFixed + kTermValues;
  const bool whole = (with_terms || payload.size() == kFixed) && payload[0].size() == 1;
  if (!whole || with_terms != (static_cast<SweepKind>(payload[0][0]) == SweepKind::kTerms)) {
    return Fail(ErrorCode::kDataLoss, "a sweep timer is damaged");
  }
  Task task{static_cast<SweepKind>(payload[0][0]), {std::string(payload[1]), EventId{std::string(payload[2])}}};
  if (!with_terms) return task;
  std::array<int, kTermValues> values{};
  for (std::size_t i = 0; i < kTermValues; ++i) {
    const std::string_view text = payload[kFixed + i];
    const auto read = std::from_chars(text.data(), text.data() + text.size(), values[i]);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) {
      return Fail(ErrorCode::kDataLoss, "a sweep timer is damaged");
    }
  }
  task.before = {values[0], values[1], values[2], values[3], values[4], values[5]};
  return task;
}

Result<void> Decide(stream::Context& context, const Book& book, const Task& task, ClientWork work) {
  if (task.kind == SweepKind::kTerms) {
    MAINSTAY_TRY(work.Plan(
        [&](const ClientPlan& plan, const Situation& around) { return OnTermsChanged(plan, around, task.before); }));
  }
  if (task.kind == SweepKind::kCalendar) {
    MAINSTAY_TRY(RecountOrderDays(context, book, work.id(), work.record()));
    MAINSTAY_TRY(work.Plan(
        [](const ClientPlan& plan, const Situation& around) { return OnCalendarOrZoneChanged(plan, around); }));
  }
  if (task.kind == SweepKind::kImportEnd) {
    MAINSTAY_TRY(work.Plan(
        [&](const ClientPlan& plan, const Situation& around) { return OnImportEnded(plan, around, task.cause); }));
    work.TakeOverHistory();
  }
  return work.Finish(risk::EventCause(task.cause.id));
}

}  // namespace

Result<void> StartSweep(stream::Context& context, const BookId& book, SweepKind kind, const EventRef& cause) {
  return context.SetTimer(kSweepTimer, book.raw(), context.Now(), PayloadOf({kind, cause}, ""));
}

Result<void> StartTermsSweep(stream::Context& context, const BookId& book, const CadenceTerms& before,
                             const EventRef& cause) {
  const Task task{SweepKind::kTerms, cause, before};
  return context.SetTimer(kSweepTimer, book.raw(), context.Now(), PayloadOf(task, ""));
}

Result<void> Sweep(stream::Context& context, const Book& book, const stream::Timer& timer) {
  const std::vector<std::string_view> payload = stream::SplitKey(timer.payload);
  MAINSTAY_TRY_ASSIGN(task, TaskOf(payload));
  const std::string prefix = book.id.raw() + '\0';
  std::vector<std::pair<std::string, std::string>> step;
  MAINSTAY_TRY(context.Scan(kClients, prefix, prefix + std::string(payload[3]),
                            [&](std::string_view key, std::string_view value) {
                              if (key.substr(prefix.size()) != payload[3]) step.emplace_back(key, value);
                              return step.size() < kStep;
                            }));
  std::string last;
  for (auto& [key, value] : step) {
    last = key.substr(prefix.size());
    MAINSTAY_TRY_ASSIGN(work, ClientWork::Of(context, book, ClientId{last}, std::move(value)));
    MAINSTAY_TRY(Decide(context, book, task, std::move(work)));
  }
  if (step.size() < kStep) return {};
  return context.SetTimer(kSweepTimer, timer.key, context.Now(), PayloadOf(task, last));
}

}  // namespace mainstay::cadence
