#include "sweep.h"

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

Result<void> Decide(stream::Context& context, const Book& book, SweepKind kind, const EventRef& cause,
                    ClientWork work) {
  if (kind == SweepKind::kCalendar) {
    MAINSTAY_TRY(RecountOrderDays(context, book, work.id(), work.record()));
    MAINSTAY_TRY(work.Plan(
        [](const ClientPlan& plan, const Situation& around) { return OnCalendarOrZoneChanged(plan, around); }));
  }
  if (kind == SweepKind::kImportEnd) {
    MAINSTAY_TRY(
        work.Plan([&](const ClientPlan& plan, const Situation& around) { return OnImportEnded(plan, around, cause); }));
    work.TakeOverHistory();
  }
  return work.Finish(risk::EventCause(cause.id));
}

}  // namespace

Result<void> StartSweep(stream::Context& context, const BookId& book, SweepKind kind, const EventRef& cause) {
  const std::string payload = JoinKey({std::string(1, static_cast<char>(kind)), cause.source, cause.id.raw(), ""});
  return context.SetTimer(kSweepTimer, book.raw(), context.Now(), payload);
}

// Payload: kind, source and id of the cause, the last client done.
Result<void> Sweep(stream::Context& context, const Book& book, const stream::Timer& timer) {
  const std::vector<std::string_view> payload = stream::SplitKey(timer.payload);
  if (payload.size() != 4 || payload[0].size() != 1) return Fail(ErrorCode::kDataLoss, "a sweep timer is damaged");
  const auto kind = static_cast<SweepKind>(payload[0][0]);
  const EventRef cause{std::string(payload[1]), EventId{std::string(payload[2])}};
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
    MAINSTAY_TRY(Decide(context, book, kind, cause, std::move(work)));
  }
  if (step.size() < kStep) return {};
  return context.SetTimer(kSweepTimer, timer.key, context.Now(), JoinKey({payload[0], payload[1], payload[2], last}));
}

}  // namespace mainstay::cadence
