#include "transactional_producer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "levers.h"

namespace mainstay::stream_kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Requests that belong to transactions: Produce, InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn, EndTxn,
// TxnOffsetCommit.
bool IsTransactional(std::int16_t api_key) {
  return api_key == 0 || (api_key >= 22 && api_key <= 28 && api_key != 23 && api_key != 27);
}

rd_kafka_resp_err_t OnResponse(rd_kafka_t*, int, const char*, std::int32_t, std::int16_t api_key, std::int16_t,
                               std::int32_t, std::size_t, std::int64_t, rd_kafka_resp_err_t error, void* opaque) {
  const bool lost = error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR__DESTROY;
  if (lost && IsTransactional(api_key) && !TestLevers().ignore_taint) {
    static_cast<std::atomic<bool>*>(opaque)->store(true, std::memory_order_release);
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t OnNew(rd_kafka_t* client, const rd_kafka_conf_t*, void* opaque, char*, std::size_t) {
  return rd_kafka_interceptor_add_on_response_received(client, "mainstay.taint", OnResponse, opaque);
}

void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  auto* slot = static_cast<DeliverySlot*>(message->_private);
  if (slot != nullptr && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) slot->last = std::max(slot->last, message->offset);
}

std::size_t QueueKilobytes(const ClusterMemory& memory) {
  const auto shards = static_cast<std::size_t>(std::max(memory.shards, 1));
  return std::clamp<std::size_t>(memory.producer_queue_bytes / shards / 1024, 16 << 10, 1 << 20);
}

rd_kafka_vu_t Bytes(rd_kafka_vtype_t type, std::string_view bytes) {
  rd_kafka_vu_t part{};
  part.vtype = type;
  part.u.mem.ptr = const_cast<char*>(bytes.data());  // librdkafka copies; its C type says otherwise.
  part.u.mem.size = bytes.size();
  return part;
}

}  // namespace

TransactionalProducer::TransactionalProducer(ClientHandle client, std::shared_ptr<std::atomic<bool>> taint,
                                             const ProducerSettings& settings)
    : settings_(settings), taint_(std::move(taint)), client_(std::move(client)) {}

TransactionalProducer::~TransactionalProducer() {
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  topics_.clear();
}

Result<std::unique_ptr<TransactionalProducer>> TransactionalProducer::Make(ClusterParts& cluster,
                                                                           const ProducerSettings& settings) {
  auto taint = std::make_shared<std::atomic<bool>>(false);
  ClientConfig config(cluster.settings, cluster.log);
  const auto timeout = static_cast<std::size_t>(settings.transaction_timeout.count());
  config.Set("client.id", settings.transactional_id)
      .Set("transactional.id", settings.transactional_id)
      .Set("transaction.timeout.ms", timeout)
      .Set("message.timeout.ms", timeout)
      .Set("request.timeout.ms", static_cast<std::size_t>(settings.request_timeout.count()))
      .Set("socket.timeout.ms", static_cast<std::size_t>(settings.request_timeout.count()))
      .Set("linger.ms", "0")
      .Set("compression.codec", "lz4")
      .Set("batch.num.messages", "20000")
      .Set("message.max.bytes", "12582912")
      .Set("queue.buffering.max.messages", "500000")
      .Set("queue.buffering.max.kbytes", QueueKilobytes(cluster.memory));
  rd_kafka_conf_set_dr_msg_cb(config.conf(), OnDelivery);
  rd_kafka_conf_interceptor_add_on_new(config.conf(), "mainstay.taint", OnNew, taint.get());
  MAINSTAY_TRY_ASSIGN(client, config.Make(RD_KAFKA_PRODUCER));
  std::unique_ptr<TransactionalProducer> producer(new TransactionalProducer(std::move(client), taint, settings));

  const auto deadline = SteadyClock::now() + settings.init_timeout;
  for (;;) {
    const auto left = std::chrono::duration_cast<Duration>(deadline - SteadyClock::now());
    const ErrorHandle error(rd_kafka_init_transactions(
        producer->client_.get(), static_cast<int>(std::clamp<std::int64_t>(left.count(), 1, 5'000))));
    if (!error) break;
    if (!rd_kafka_error_is_retriable(error.get()) || SteadyClock::now() >= deadline) {
      return tl::unexpected(ToError(error.get(), "init_transactions of " + settings.transactional_id));
    }
  }
  // What timed out on the way here was for an earlier epoch of nobody.
  taint->store(false);
  return producer;
}

Result<rd_kafka_topic_t*> TransactionalProducer::Topic(const std::string& name) {
  TopicHandle& handle = topics_[name];
  if (!handle) {
    handle.reset(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
    if (!handle) return tl::unexpected(ToError(rd_kafka_last_error(), "topic " + name));
    const rd_kafka_metadata_t* metadata = nullptr;
    auto code = rd_kafka_metadata(client_.get(), 0, handle.get(), &metadata,
                                  static_cast<int>(settings_.request_timeout.count()));
    if (metadata != nullptr) {
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topic_cnt == 1) code = metadata->topics[0].err;
      rd_kafka_metadata_destroy(metadata);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      topics_.erase(name);
      return tl::unexpected(ToError(code, "topic " + name));
    }
  }
  return handle.get();
}

Result<void> TransactionalProducer::Begin() {
  if (const ErrorHandle error{rd_kafka_begin_transaction(client_.get())}) {
    return tl::unexpected(ToError(error.get(), "begin_transaction of " + settings_.transactional_id));
  }
  return {};
}

Result<void> TransactionalProducer::Send(const rd_kafka_vu_t* parts, std::size_t count) {
  const auto deadline = SteadyClock::now() + settings_.transaction_timeout;
  for (;;) {
    const ErrorHandle error(rd_kafka_produceva(client_.get(), parts, count));
    if (!error) return {};
    if (rd_kafka_error_code(error.get()) != RD_KAFKA_RESP_ERR__QUEUE_FULL || SteadyClock::now() >= deadline) {
      return tl::unexpected(ToError(error.get(), "produce by " + settings_.transactional_id));
    }
    rd_kafka_poll(client_.get(), 5);
  }
}

Result<void> TransactionalProducer::Produce(rd_kafka_topic_t* topic, std::int32_t partition, std::string_view key,
                                            std::string_view value, DeliverySlot* slot) {
  std::array<rd_kafka_vu_t, 6> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_RKT;
  parts[0].u.rkt = topic;
  parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[1].u.i32 = partition;
  parts[2] = Bytes(RD_KAFKA_VTYPE_KEY, key);
  parts[3] = Bytes(RD_KAFKA_VTYPE_VALUE, value);
  parts[4].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[4].u.i = RD_KAFKA_MSG_F_COPY;
  parts[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
  parts[5].u.ptr = slot;
  return Send(parts.data(), parts.size());
}

Result<void> TransactionalProducer::ProduceWire(rd_kafka_topic_t* topic, const WireRecord& record, DeliverySlot* slot) {
  std::vector<rd_kafka_vu_t> parts(7);
  parts[0].vtype = RD_KAFKA_VTYPE_RKT;
  parts[0].u.rkt = topic;
  parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[1].u.i32 = record.partition;
  parts[2] = Bytes(RD_KAFKA_VTYPE_KEY, record.key);
  parts[3] = Bytes(RD_KAFKA_VTYPE_VALUE, record.value ? std::string_view(*record.value) : std::string_view());
  parts[4].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[4].u.i = RD_KAFKA_MSG_F_COPY;
  parts[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
  parts[5].u.ptr = slot;
  parts[6].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  // Zero would mean "now" to librdkafka, and earlier than 1970 cannot be said.
  parts[6].u.i64 = std::max<std::int64_t>(record.timestamp_ms, 1);
  for (const Header& header : record.headers) {
    rd_kafka_vu_t part{};
    part.vtype = RD_KAFKA_VTYPE_HEADER;
    part.u.header.name = header.name.c_str();
    part.u.header.val = header.value.data();
    part.u.header.size = static_cast<ssize_t>(header.value.size());
    parts.push_back(part);
  }
  return Send(parts.data(), parts.size());
}

void TransactionalProducer::Flush() {
  rd_kafka_flush(client_.get(), static_cast<int>(settings_.transaction_timeout.count()));
}

stream::Outcome TransactionalProducer::Classify(const rd_kafka_error_t* error) {
  last_error_ = ToError(error, "transaction of " + settings_.transactional_id).message;
  rd_kafka_resp_err_t code = rd_kafka_error_code(error);
  std::array<char, 512> reason{};
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client_.get(), reason.data(), reason.size());
  if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
    code = fatal;
    last_error_ = reason.data();
  }
  if (IsFenced(code)) return stream::Outcome::kFenced;
  return stream::Outcome::kUnknown;
}

stream::Outcome TransactionalProducer::Commit() {
  const auto deadline = SteadyClock::now() + settings_.transaction_timeout + settings_.request_timeout;
  for (;;) {
    const ErrorHandle error(rd_kafka_commit_transaction(client_.get(), -1));
    if (!error) return stream::Outcome::kCommitted;
    if (rd_kafka_error_txn_requires_abort(error.get())) {
      static_cast<void>(Classify(error.get()));
      return Abort();
    }
    if (!rd_kafka_error_is_retriable(error.get()) || SteadyClock::now() >= deadline) return Classify(error.get());
  }
}

stream::Outcome TransactionalProducer::Abandon() {
  std::array<char, 512> reason{};
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client_.get(), reason.data(), reason.size());
  if (fatal == RD_KAFKA_RESP_ERR_NO_ERROR) return Abort();
  last_error_ = reason.data();
  return IsFenced(fatal) ? stream::Outcome::kFenced : stream::Outcome::kUnknown;
}

stream::Outcome TransactionalProducer::Abort() {
  const auto deadline = SteadyClock::now() + settings_.transaction_timeout + settings_.request_timeout;
  for (;;) {
    const ErrorHandle error(rd_kafka_abort_transaction(client_.get(), -1));
    if (!error) return stream::Outcome::kAborted;
    if (!rd_kafka_error_is_retriable(error.get()) || SteadyClock::now() >= deadline) return Classify(error.get());
  }
}

}  // namespace mainstay::stream_kafka
