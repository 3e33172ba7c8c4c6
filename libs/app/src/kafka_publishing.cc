#include "kafka_publishing.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <thread>
#include <utility>

#include "mainstay/app/wall_clock.h"
#include "mainstay/base/hash.h"
#include "mainstay/stream/processor.h"
#include "peer_service.h"

namespace mainstay::app {
namespace {

constexpr std::chrono::milliseconds kAskAgain{100};

stream_kafka::Outgoing TickFor(const std::string& topic, std::int32_t partition, Instant at) {
  stream_kafka::Outgoing tick;
  tick.topic = topic;
  tick.partition = partition;
  tick.key = stream::kTickKey;
  tick.value = std::string();
  tick.timestamp_ms = ToMs(at);
  return tick;
}

}  // namespace

Result<std::unique_ptr<KafkaPublishing>> KafkaPublishing::Open(const ProcessSettings& settings,
                                                               const stream::Topology& topology,
                                                               const OwnedShards& shards, Peers& peers) {
  MAINSTAY_TRY_ASSIGN(publisher, stream_kafka::KafkaPublisher::Open(settings.cluster));
  return std::unique_ptr<KafkaPublishing>(new KafkaPublishing(settings, topology, shards, peers, std::move(publisher)));
}

std::future<KafkaPublishing::Appended> KafkaPublishing::Append(std::vector<stream_kafka::Outgoing> records) {
  auto promise = std::make_shared<std::promise<Appended>>();
  auto future = promise->get_future();
  publisher_->Publish(std::move(records), [promise](Appended appended) { promise->set_value(std::move(appended)); });
  return future;
}

std::future<Result<std::vector<Acknowledgement>>> KafkaPublishing::Publish(std::vector<Publication> publications,
                                                                           Wait wait) {
  std::vector<std::string> topics;
  std::vector<stream_kafka::Outgoing> records;
  const std::int64_t now = ToMs(WallNow());
  for (Publication& publication : publications) {
    stream_kafka::Outgoing& record = records.emplace_back();
    record.partition =
        publication.partition ? *publication.partition : PartitionOf(publication.book, settings_.partitions);
    record.key = publication.record_key ? std::move(*publication.record_key) : std::move(publication.book);
    record.value = std::move(publication.value);
    record.timestamp_ms = settings_.data_clock ? ToMs(publication.event_time) : now;
    record.topic = publication.topic;
    topics.push_back(std::move(publication.topic));
  }
  if (settings_.data_clock) {
    std::promise<Result<std::vector<Acknowledgement>>> settled;
    settled.set_value(PublishInOrder(topics, std::move(records), wait));
    return settled.get_future();
  }
  auto appended = records.empty() ? std::future<Appended>() : Append(std::move(records));
  return std::async(std::launch::deferred,
                    [this, topics = std::move(topics), appended = std::move(appended), wait]() mutable {
                      if (topics.empty()) return Result<std::vector<Acknowledgement>>{};
                      return Settle(topics, appended.get(), wait);
                    });
}

// On the data clock time comes from the events: a service that reads along must never see one before an earlier one of
// another topic. So each run of one topic is settled before the next is appended.
Result<std::vector<Acknowledgement>> KafkaPublishing::PublishInOrder(const std::vector<std::string>& topics,
                                                                     std::vector<stream_kafka::Outgoing> records,
                                                                     Wait wait) {
  std::vector<Acknowledgement> all;
  for (auto begin = topics.begin(); begin != topics.end();) {
    const auto end = std::find_if(begin, topics.end(), [&](const std::string& topic) { return topic != *begin; });
    const auto first = std::make_move_iterator(records.begin() + (begin - topics.begin()));
    auto appended = Append({first, first + (end - begin)});
    MAINSTAY_TRY_ASSIGN(settled, Settle({begin, end}, appended.get(), wait));
    std::move(settled.begin(), settled.end(), std::back_inserter(all));
    begin = end;
  }
  return all;
}

Result<std::vector<Acknowledgement>> KafkaPublishing::Settle(const std::vector<std::string>& topics,
                                                             const Appended& appended, Wait wait) const {
  if (!appended) return tl::unexpected(appended.error());
  std::vector<Acknowledgement> acknowledgements(topics.size());
  std::map<std::pair<std::string, std::int32_t>, std::vector<std::size_t>> places;
  for (std::size_t i = 0; i < topics.size(); ++i) {
    acknowledgements[i].partition = (*appended)[i].partition;
    acknowledgements[i].offset = (*appended)[i].offset;
    places[{topics[i], acknowledgements[i].partition}].push_back(i);
  }
  if (wait == Wait::kDurable) return acknowledgements;
  const Deadline deadline = std::chrono::steady_clock::now() + settings_.wait;
  for (const auto& [place, indices] : places) {
    std::vector<std::int64_t> offsets;
    std::map<std::int64_t, stream::Verdict*> verdicts;
    for (const std::size_t i : indices) {
      offsets.push_back(acknowledgements[i].offset);
      verdicts[acknowledgements[i].offset] = &acknowledgements[i].verdict;
    }
    for (const std::string& service : ReadersOf(place.first)) {
      MAINSTAY_TRY_ASSIGN(objections, Await(service, place.first, place.second, offsets, deadline));
      for (Objection& objection : objections) {
        stream::Verdict& verdict = *verdicts[objection.offset];  // The first service that objects decides.
        if (verdict.kind == stream::Verdict::Kind::kAccepted) verdict = std::move(objection.verdict);
      }
    }
  }
  return acknowledgements;
}

// "<installation>.<service>.<what>" is read by that service; the two input topics by all; others by nobody we wait for.
std::vector<std::string> KafkaPublishing::ReadersOf(const std::string& topic) const {
  const std::string rest = topic.substr(std::min(topic.size(), settings_.cluster.installation.size() + 1));
  if (rest == "client-events" || rest == "touch-events") return settings_.processed_by;
  const std::size_t dot = rest.find('.');
  if (dot == std::string::npos) return {};
  return {rest.substr(0, dot)};
}

// Shards move: whoever owns the shard by the deadline is asked.
Result<std::vector<Objection>> KafkaPublishing::Await(const std::string& service, const std::string& topic,
                                                      std::int32_t partition, const std::vector<std::int64_t>& offsets,
                                                      Deadline deadline) const {
  for (;;) {
    Result<std::vector<Objection>> answer;
    std::shared_ptr<KafkaShardWorker> worker;
    if (service == topology_.service) worker = shards_.Find(partition);
    if (worker) {
      answer = AwaitOwned(topology_, *worker, topic, offsets, deadline);
    } else {
      const auto owner = peers_.OwnerOf(service, partition);
      if (owner) {
        answer = peers_.Await(*owner, topic, partition, offsets, deadline);
      } else {
        answer = tl::unexpected(owner.error());
      }
    }
    if (answer || answer.error().code != ErrorCode::kUnavailable) return answer;
    peers_.Forget(service);
    if (std::chrono::steady_clock::now() + kAskAgain >= deadline) {
      return Fail(ErrorCode::kUnavailable, "the event is durable, but " + service + " has not taken it in time: " +
                                               answer.error().message + "; publishing it again is safe");
    }
    std::this_thread::sleep_for(kAskAgain);
  }
}

void KafkaPublishing::AppendTick(const std::string& topic, std::int32_t partition, Instant at) {
  std::vector<stream_kafka::Outgoing> ticks;
  ticks.push_back(TickFor(topic, partition, at));
  publisher_->Publish(std::move(ticks), [](const Appended&) {});
}

Result<void> KafkaPublishing::TickAll(Instant at) {
  std::vector<stream_kafka::Outgoing> ticks;
  std::vector<std::string> awaited;
  std::vector<stream_kafka::Outgoing> others;
  for (const char* service : kServices) {
    const bool waited_for = std::find(settings_.processed_by.begin(), settings_.processed_by.end(), service) !=
                            settings_.processed_by.end();
    const std::string topic = settings_.cluster.installation + "." + service + ".internal";
    for (std::int32_t partition = 0; partition < settings_.partitions; ++partition) {
      (waited_for ? ticks : others).push_back(TickFor(topic, partition, at));
      if (waited_for) awaited.push_back(topic);
    }
  }
  if (!others.empty()) {
    const Appended appended = Append(std::move(others)).get();
    if (!appended) return tl::unexpected(appended.error());
  }
  MAINSTAY_TRY(Settle(awaited, Append(std::move(ticks)).get(), Wait::kProcessed));
  return {};
}

}  // namespace mainstay::app
