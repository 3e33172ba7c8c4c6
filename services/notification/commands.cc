#include "commands.h"

#include <utility>
#include <vector>

#include "mainstay/base/hash.h"
#include "topology.h"

namespace mainstay::notification {

std::future<Result<std::vector<app::Acknowledgement>>> Commands::Publish(std::int32_t partition,
                                                                         const state::v1::NotificationCommand& command,
                                                                         app::Wait wait) const {
  app::Publication publication;
  publication.topic = topic_;
  publication.record_key = kCommandKey;
  publication.partition = partition;
  // A `data` clock that nothing has moved yet must not jump to today: history may still be imported.
  publication.event_time = system_.clock->StreamTime() ? system_.state->Now() : Instant{};
  publication.value = command.SerializeAsString();
  std::vector<app::Publication> publications;
  publications.push_back(std::move(publication));
  return system_.publisher->Publish(std::move(publications), wait);
}

Result<stream::Verdict::Kind> Commands::Run(std::int32_t partition,
                                            const state::v1::NotificationCommand& command) const {
  MAINSTAY_TRY_ASSIGN(acknowledged, Publish(partition, command, app::Wait::kProcessed).get());
  const stream::Verdict& verdict = acknowledged.front().verdict;
  if (verdict.kind == stream::Verdict::Kind::kRejected) return tl::unexpected(verdict.error);
  return verdict.kind;
}

void Commands::Send(std::int32_t partition, const state::v1::NotificationCommand& command) const {
  (void)Publish(partition, command, app::Wait::kDurable);
}

std::int32_t Commands::HomeOf(const std::string& endpoint) const {
  return PartitionOf(endpoint, system_.state->partitions());
}

}  // namespace mainstay::notification
