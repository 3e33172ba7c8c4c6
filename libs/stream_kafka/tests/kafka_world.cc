#include "kafka_world.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "admin_request.h"
#include "cluster_parts.h"
#include "handles.h"
#include "mainstay/stream_kafka/kafka_group.h"

namespace mainstay::stream_kafka {
namespace {

constexpr Duration kPatience{30'000};

TopicSpec Spec(const std::string& name, std::int32_t partitions, bool compacted) {
  TopicSpec spec{name, partitions, 1, {}};
  if (compacted) {
    spec.config["cleanup.policy"] = "compact";
  } else {
    spec.config["retention.ms"] = "-1";  // Tests write records of 1970.
  }
  spec.config["max.message.bytes"] = "12582912";
  return spec;
}

}  // namespace

Result<std::unique_ptr<KafkaWorld>> KafkaWorld::Make(const broker::Broker& broker, const stream::Topology& topology,
                                                     std::int32_t partitions) {
  auto world = std::make_unique<KafkaWorld>();
  world->settings_.brokers = broker.address();
  world->settings_.installation = broker::FreshPrefix();
  world->topology_ = topology;
  stream::Topology& named = world->topology_;
  for (std::string& name : named.inputs) name = world->Named(name);
  for (std::string& name : named.outputs) name = world->Named(name);
  named.dead_letter = world->Named(named.dead_letter);
  for (const std::string& name : named.inputs) world->plan_.push_back(Spec(name, partitions, false));
  for (const std::string& name : named.outputs) world->plan_.push_back(Spec(name, partitions, false));
  world->plan_.push_back(Spec(named.dead_letter, partitions, false));
  world->plan_.push_back(Spec(ChangelogTopic(world->prefix(), named.service), partitions, true));
  world->plan_.push_back(Spec(DedupTopic(world->prefix(), named.service), partitions, false));
  MAINSTAY_TRY_ASSIGN(cluster, KafkaCluster::Open(world->settings_));
  world->cluster_ = std::move(cluster);
  MAINSTAY_TRY(ApplyTopics(*world->cluster_, world->plan_, kPatience));
  MAINSTAY_TRY_ASSIGN(publisher, KafkaPublisher::Open(world->settings_));
  world->publisher_ = std::move(publisher);
  MAINSTAY_TRY_ASSIGN(reader, TopicReader::Open(world->settings_));
  world->reader_ = std::move(reader);
  return world;
}

std::vector<std::int64_t> KafkaWorld::Append(const std::string& topic, std::int32_t partition,
                                             const std::vector<stream::Record>& records) {
  std::vector<Outgoing> outgoing;
  for (const stream::Record& record : records) {
    outgoing.push_back({topic, partition, record.key, record.value, {}, record.ingest_ms});
  }
  std::promise<Result<std::vector<Appended>>> done;
  publisher_->Publish(std::move(outgoing), [&done](auto result) { done.set_value(std::move(result)); });
  auto appended = done.get_future().get();
  EXPECT_TRUE(appended.has_value()) << appended.error().message;
  std::vector<std::int64_t> offsets;
  if (appended) {
    for (const Appended& at : *appended) offsets.push_back(at.offset);
  }
  return offsets;
}

// A commit has its answer before its markers are everywhere.
void KafkaWorld::AwaitMarkers(const std::string& topic, std::int32_t partition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    const auto high = cluster_->Offsets(topic, partition, kPatience);
    const auto stable = reader_->Range(topic, partition, kPatience);
    ASSERT_TRUE(high && stable);
    if (high->end == stable->end) return;
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "an open transaction in " << topic;
  }
}

std::vector<WireRecord> KafkaWorld::ReadAll(const std::string& topic, std::int32_t partition) {
  AwaitMarkers(topic, partition);
  std::vector<WireRecord> all;
  for (std::int64_t offset = 0;;) {
    auto read = reader_->Read(topic, partition, offset, 100'000, Duration{0});
    EXPECT_TRUE(read.has_value()) << read.error().message;
    if (!read || read->empty()) return all;
    offset = read->back().offset + 1;
    for (WireRecord& record : *read) all.push_back(std::move(record));
  }
}

void KafkaWorld::DeleteRecords(const std::string& topic, std::int32_t partition, std::int64_t offset) {
  rd_kafka_t* client = cluster_->parts().offsets.get();
  const PartitionsHandle before = OnePartition(topic, partition, offset);
  using Request = Handle<rd_kafka_DeleteRecords_t, rd_kafka_DeleteRecords_destroy>;
  const Request request(rd_kafka_DeleteRecords_new(before.get()));
  AdminRequest admin(client, RD_KAFKA_ADMIN_OP_DELETERECORDS, kPatience);
  rd_kafka_DeleteRecords_t* requests[] = {request.get()};
  rd_kafka_DeleteRecords(client, requests, 1, admin.options(), admin.queue());
  const auto done = admin.Wait("delete records");
  ASSERT_TRUE(done.has_value()) << done.error().message;
}

std::int64_t KafkaWorld::CommittedOffset(const std::string& service, const std::string& topic, std::int32_t partition) {
  ClientLog log({});
  ClientConfig config(settings_, log);
  config.Set("group.id", GroupId(settings_.installation, service));
  auto client = config.Make(RD_KAFKA_CONSUMER);
  EXPECT_TRUE(client.has_value());
  const PartitionsHandle list = OnePartition(topic, partition);
  if (rd_kafka_committed(client->get(), list.get(), 5'000) != RD_KAFKA_RESP_ERR_NO_ERROR) return -1;
  return std::max<std::int64_t>(list->elems[0].offset, -1);
}

std::unique_ptr<stream_rocksdb::LocalStore> KafkaWorld::OpenStore(int number) {
  auto store = stream_rocksdb::LocalStore::Open(StorePath(number), prefix(), memory_);
  EXPECT_TRUE(store.has_value()) << store.error().message;
  return store ? std::move(*store) : nullptr;
}

}  // namespace mainstay::stream_kafka
