#include "mainstay/stream_kafka/kafka_publisher.h"

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "client_config.h"
#include "handles.h"

namespace mainstay::stream_kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kMetadataMs = 250;
constexpr auto kAskAgain = std::chrono::seconds{1};

// One call of Publish. Counts its records down; the last one calls Done.
class Batch {
 public:
  struct Slot {
    Batch* batch = nullptr;
    std::size_t index = 0;
  };

  Batch(std::size_t count, KafkaPublisher::Done done)
      : slots_(count), appended_(count), left_(count), done_(std::move(done)) {
    for (std::size_t i = 0; i < count; ++i) slots_[i] = {this, i};
  }
  [[nodiscard]] Slot* slot(std::size_t index) { return &slots_[index]; }
  // Of one record; deletes the batch with the last one.
  static void Finish(Slot* slot, const Appended& appended, Error* error) {
    Batch* batch = slot->batch;
    {
      const std::lock_guard lock(batch->mutex_);
      batch->appended_[slot->index] = appended;
      if (error != nullptr && !batch->failed_) {
        batch->failed_ = true;
        batch->error_ = std::move(*error);
      }
      if (--batch->left_ > 0) return;
    }
    if (batch->failed_) {
      batch->done_(tl::unexpected(std::move(batch->error_)));
    } else {
      batch->done_(std::move(batch->appended_));
    }
    delete batch;
  }

 private:
  std::vector<Slot> slots_;
  std::vector<Appended> appended_;
  std::mutex mutex_;  // Delivery reports and a failing Publish meet here.
  std::size_t left_;
  bool failed_ = false;
  Error error_;
  KafkaPublisher::Done done_;
};

void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  auto* slot = static_cast<Batch::Slot*>(message->_private);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    Batch::Finish(slot, {message->partition, message->offset}, nullptr);
    return;
  }
  Error error = ToError(message->err, std::string("append to ") + rd_kafka_topic_name(message->rkt));
  Batch::Finish(slot, {}, &error);
}

rd_kafka_vu_t Bytes(rd_kafka_vtype_t type, std::string_view bytes) {
  rd_kafka_vu_t part{};
  part.vtype = type;
  part.u.mem.ptr = const_cast<char*>(bytes.data());  // librdkafka copies; its C type says otherwise.
  part.u.mem.size = bytes.size();
  return part;
}

std::vector<rd_kafka_vu_t> PartsOf(const Outgoing& record, Batch::Slot* slot) {
  std::vector<rd_kafka_vu_t> parts(7);
  parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  parts[0].u.cstr = record.topic.c_str();
  parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[1].u.i32 = record.partition;
  parts[2] = Bytes(RD_KAFKA_VTYPE_KEY, record.key);
  parts[3] = Bytes(RD_KAFKA_VTYPE_VALUE, record.value ? std::string_view(*record.value) : std::string_view());
  parts[4].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[4].u.i = RD_KAFKA_MSG_F_COPY;
  parts[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
  parts[5].u.ptr = slot;
  parts[6].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  parts[6].u.i64 = record.timestamp_ms;
  for (const Header& header : record.headers) {
    rd_kafka_vu_t part{};
    part.vtype = RD_KAFKA_VTYPE_HEADER;
    part.u.header.name = header.name.c_str();
    part.u.header.val = header.value.data();
    part.u.header.size = static_cast<ssize_t>(header.value.size());
    parts.push_back(part);
  }
  return parts;
}

// A producer and the thread that takes its delivery reports.
class Client {
 public:
  static Result<std::shared_ptr<Client>> Make(const ClusterSettings& cluster, const PublisherSettings& settings,
                                              ClientLog& log) {
    ClientConfig config(cluster, log);
    // No linger: while librdkafka waits for a few milliseconds, its thread polls without pause (a whole core at 5,000
    // records a second). A call's records are a batch anyway.
    config.Set("client.id", cluster.installation + "-publisher")
        .Set("enable.idempotence", "true")
        .Set("acks", "all")
        .Set("linger.ms", "0")
        .Set("compression.codec", "lz4")
        .Set("message.max.bytes", "12582912")
        .Set("message.timeout.ms", static_cast<std::size_t>(settings.delivery_timeout.count()))
        .Set("queue.buffering.max.messages", "500000")
        .Set("queue.buffering.max.kbytes", std::max<std::size_t>(settings.queue_bytes / 1024, 1));
    rd_kafka_conf_set_dr_msg_cb(config.conf(), OnDelivery);
    MAINSTAY_TRY_ASSIGN(handle, config.Make(RD_KAFKA_PRODUCER));
    return std::make_shared<Client>(std::move(handle), settings.delivery_timeout);
  }
  Client(ClientHandle handle, Duration patience) : handle_(std::move(handle)), patience_(patience) {
    reports_ = std::thread([this] {
      while (!stopping_.load()) rd_kafka_poll(handle_.get(), 100);
    });
  }
  ~Client() {
    stopping_ = true;
    reports_.join();
    rd_kafka_flush(handle_.get(), static_cast<int>(patience_.count()));
    rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(handle_.get(), 1'000);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool is_broken() const {
    std::array<char, 256> reason{};
    return rd_kafka_fatal_error(handle_.get(), reason.data(), reason.size()) != RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  // A topic's first record would wait up to a second for librdkafka's own round of questions about new topics. Asking
  // is worth a moment only: while no broker answers, records wait in the queue as they would have.
  void Know(const std::string& topic) {
    const std::lock_guard lock(mutex_);
    Known& known = topics_[topic];
    const auto now = SteadyClock::now();
    if (known.handle || now - known.asked_at < kAskAgain) return;
    known.asked_at = now;
    TopicHandle asked(rd_kafka_topic_new(handle_.get(), topic.c_str(), nullptr));
    const rd_kafka_metadata_t* metadata = nullptr;
    if (asked && rd_kafka_metadata(handle_.get(), 0, asked.get(), &metadata, kMetadataMs) == 0) {
      rd_kafka_metadata_destroy(metadata);
      known.handle = std::move(asked);
    }
  }
  void Send(const Outgoing& record, Batch::Slot* slot) {
    const std::vector<rd_kafka_vu_t> parts = PartsOf(record, slot);
    const auto deadline = SteadyClock::now() + patience_;
    for (;;) {
      const ErrorHandle failed(rd_kafka_produceva(handle_.get(), parts.data(), parts.size()));
      if (!failed) return;
      if (rd_kafka_error_code(failed.get()) != RD_KAFKA_RESP_ERR__QUEUE_FULL || SteadyClock::now() > deadline) {
        Error error = ToError(failed.get(), "append to " + record.topic);
        Batch::Finish(slot, {}, &error);
        return;
      }
      std::this_thread::sleep_for(Duration{1});  // The reports make room.
    }
  }

 private:
  struct Known {
    TopicHandle handle;  // Null: no broker has told about it.
    SteadyClock::time_point asked_at{};
  };

  ClientHandle handle_;
  const Duration patience_;
  std::mutex mutex_;
  std::map<std::string, Known> topics_;
  std::atomic<bool> stopping_{false};
  std::thread reports_;
};

}  // namespace

class KafkaPublisher::Impl {
 public:
  Impl(const ClusterSettings& cluster, const PublisherSettings& settings)
      : cluster_(cluster), settings_(settings), log_(cluster.log) {}

  // A producer that has failed for good (its order is in doubt) is replaced.
  [[nodiscard]] Result<std::shared_ptr<Client>> Working() {
    const std::lock_guard lock(mutex_);
    if (client_ == nullptr || client_->is_broken()) {
      MAINSTAY_TRY_ASSIGN(made, Client::Make(cluster_, settings_, log_));
      client_ = std::move(made);
    }
    return client_;
  }

 private:
  const ClusterSettings cluster_;
  const PublisherSettings settings_;
  ClientLog log_;
  std::mutex mutex_;
  std::shared_ptr<Client> client_;
};

KafkaPublisher::KafkaPublisher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaPublisher::~KafkaPublisher() = default;

Result<std::unique_ptr<KafkaPublisher>> KafkaPublisher::Open(const ClusterSettings& cluster,
                                                             const PublisherSettings& settings) {
  MAINSTAY_TRY(CheckProperties(cluster));
  auto impl = std::make_unique<Impl>(cluster, settings);
  MAINSTAY_TRY(impl->Working());
  return std::unique_ptr<KafkaPublisher>(new KafkaPublisher(std::move(impl)));
}

void KafkaPublisher::Publish(std::vector<Outgoing> records, Done done) {
  if (records.empty()) {
    done(std::vector<Appended>{});
    return;
  }
  auto client = impl_->Working();
  if (!client) {
    done(tl::unexpected(client.error()));
    return;
  }
  auto* batch = new Batch(records.size(), std::move(done));  // Deletes itself.
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i == 0 || records[i].topic != records[i - 1].topic) (*client)->Know(records[i].topic);
    (*client)->Send(records[i], batch->slot(i));
  }
}

}  // namespace mainstay::stream_kafka
