// Traffic for measuring services over Kafka, in envelopes as the gRPC door writes them. Prints; asserts nothing.
//
//   touch_traffic BROKERS INSTALLATION PARTITIONS CLIENTS fill                 clients with an order each
//   touch_traffic BROKERS INSTALLATION PARTITIONS CLIENTS load TOUCHES         touches of them, as fast as the brokers
//       take it
//   touch_traffic BROKERS INSTALLATION PARTITIONS CLIENTS latency RATE SECONDS the same at RATE a second; one in fifty
//       is a competitor's call, and the time from its append to the churn-risk record about its client is taken, but
//       for the first third of the seconds, in which connections are made and caches fill
//
// Six books a partition, the smallest number that keeps 24 partitions equally busy.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "mainstay/base/hash.h"
#include "mainstay/stream_kafka/kafka_publisher.h"
#include "mainstay/stream_kafka/topic_reader.h"
#include "mainstay/vocabulary/events.h"
#include "mainstay/wire/in_event.h"

namespace mainstay {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kBooksPerPartition = 6;
constexpr std::size_t kOneCallIn = 50;
constexpr std::size_t kBatchesPerSecond = 100;

struct Target {
  stream_kafka::ClusterSettings cluster;
  std::int32_t partitions = 0;
  std::size_t clients = 0;
  std::vector<std::pair<std::string, std::int32_t>> books;  // With their partitions, taking turns.

  [[nodiscard]] std::string Topic(std::string_view name) const {
    return cluster.installation + "." + std::string(name);
  }
};

Target MakeTarget(char** argv) {
  Target target;
  target.cluster.brokers = argv[1];
  target.cluster.installation = argv[2];
  target.partitions = std::atoi(argv[3]);
  target.clients = std::strtoull(argv[4], nullptr, 10);
  std::map<std::int32_t, std::vector<std::string>> found;
  for (int n = 0, full = 0; full < target.partitions; ++n) {
    std::string book = "bench-" + std::to_string(n);
    std::vector<std::string>& books = found[PartitionOf(book, target.partitions)];
    if (books.size() == kBooksPerPartition) continue;
    books.push_back(std::move(book));
    full += books.size() == kBooksPerPartition ? 1 : 0;
  }
  for (int n = 0; n < kBooksPerPartition; ++n) {
    for (const auto& [partition, books] : found)
      target.books.emplace_back(books[static_cast<std::size_t>(n)], partition);
  }
  return target;
}

Instant WallNow() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

// Clients are numbered through all books, one of each book in turn.
std::string ClientOf(const Target& target, std::size_t client) {
  return "client-" + std::to_string(client % target.clients / target.books.size());
}

// Event `number`, about the client of that number.
stream_kafka::Outgoing MakeRecord(const Target& target, std::size_t number, const std::string& id, InEventData data) {
  const auto& [book, partition] = target.books[number % target.clients % target.books.size()];
  const ClientId client{ClientOf(target, number)};
  const bool touch = std::holds_alternative<Touched>(data);
  const InEvent event{
      EventId{id + "-" + std::to_string(number)}, "bench", WallNow(), BookId{book}, client, std::move(data)};
  return {target.Topic(touch ? "touch-events" : "client-events"), partition, book, wire::EncodeInEvent(event), {}, 0};
}

Touched Call() {
  return {RepId{"ann"}, TouchRole::kSales, TouchChannel::kCall, TouchDirection::kOutbound, 5, {}, {}, {}, {}};
}

OrderPlaced Order(std::size_t number) {
  return {OrderId{"o" + std::to_string(number)},
          Currency{"EUR"},
          {{ProductId{"p1"}, {}, Money::FromUnits(1'000'000), {}, {}, {}}},
          {},
          {}};
}

int AppendAll(const Target& target, std::size_t count, const std::string& id, InEventData (*make)(std::size_t)) {
  auto publisher = stream_kafka::KafkaPublisher::Open(target.cluster, {64 << 20, Duration{120'000}});
  if (!publisher) return 1;
  std::atomic<bool> all{true};
  const auto begin = SteadyClock::now();
  for (std::size_t next = 0; next < count;) {
    std::vector<stream_kafka::Outgoing> batch;
    for (std::size_t n = 0; n < 10'000 && next < count; ++n, ++next)
      batch.push_back(MakeRecord(target, next, id, make(next)));
    (*publisher)->Publish(std::move(batch), [&all](const auto& done) { all = all && done.has_value(); });
  }
  publisher->reset();
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  std::printf("appended %zu records in %.1f s\n", count, seconds);
  return all ? 0 : 1;
}

// Reads one partition of churn-risk and notes when a record about a client first came.
class Arrivals {
 public:
  explicit Arrivals(const Target& target) : target_(target) {}
  bool Start() {
    auto reader = stream_kafka::TopicReader::Open(target_.cluster);
    if (!reader) return false;
    reader_ = std::move(*reader);
    for (std::int32_t p = 0; p < target_.partitions; ++p) {
      const auto range = reader_->Range(target_.Topic("churn-risk"), p, Duration{10'000});
      if (!range) return false;
      threads_.emplace_back([this, p, from = range->end] { Follow(p, from); });
    }
    return true;
  }
  ~Arrivals() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  using Times = std::map<std::string, SteadyClock::time_point>;
  // When each client came first, once all of `wanted` have or `patience` is over.
  Times Await(const Times& wanted, SteadyClock::duration patience) {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, patience, [&] {
      return std::all_of(wanted.begin(), wanted.end(), [&](const auto& one) { return seen_.contains(one.first); });
    });
    return seen_;
  }

 private:
  void Follow(std::int32_t partition, std::int64_t from) {
    while (!stop_) {
      const auto records = reader_->Read(target_.Topic("churn-risk"), partition, from, 1'000, Duration{100});
      if (!records) continue;
      const auto now = SteadyClock::now();
      for (const stream_kafka::WireRecord& record : *records) {
        from = record.offset + 1;
        std::string client;
        for (const auto& header : record.headers) {
          if (header.name == "ce_subject") client = header.value;
        }
        const std::lock_guard lock(mutex_);
        seen_.try_emplace(record.key + "/" + client, now);
        came_.notify_all();
      }
    }
  }

  const Target& target_;
  std::unique_ptr<stream_kafka::TopicReader> reader_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable came_;
  Times seen_;
};

int MeasureLatency(const Target& target, std::size_t rate, std::size_t seconds) {
  auto publisher = stream_kafka::KafkaPublisher::Open(target.cluster);
  Arrivals arrivals(target);
  if (!publisher || !arrivals.Start()) return 1;
  Arrivals::Times called;
  const std::size_t warm = rate * seconds / 3;
  const auto begin = SteadyClock::now();
  const std::string id = std::to_string(WallNow().time_since_epoch().count());
  for (std::size_t next = 0; next < rate * seconds;) {
    std::this_thread::sleep_until(begin + std::chrono::nanoseconds{1'000'000'000 / rate} * next);
    std::vector<stream_kafka::Outgoing> batch;
    for (const std::size_t end = next + std::max<std::size_t>(rate / kBatchesPerSecond, 1); next < end; ++next) {
      // A client is called by a competitor once: a second call inside the episode would tell nothing new.
      const std::size_t client = next / kOneCallIn;
      if (next % kOneCallIn != 0 || client >= target.clients) {
        batch.push_back(MakeRecord(target, next, id, Call()));
        continue;
      }
      batch.push_back(MakeRecord(target, client, id + "-call", CompetitorCalled{}));
      if (next >= warm) called.emplace(batch.back().key + "/" + ClientOf(target, client), SteadyClock::now());
    }
    (*publisher)->Publish(std::move(batch), [](const auto&) {});
  }
  std::vector<double> waits;
  for (const auto& [client, at] : arrivals.Await(called, std::chrono::seconds{30})) {
    const auto call = called.find(client);
    // A client that was told of before for another reason has no wait of its own.
    if (call == called.end() || at < call->second) continue;
    waits.push_back(std::chrono::duration<double, std::milli>(at - call->second).count());
  }
  if (waits.empty()) return 1;
  std::sort(waits.begin(), waits.end());
  const auto at = [&](double share) {
    return waits[static_cast<std::size_t>(share * static_cast<double>(waits.size() - 1))];
  };
  std::printf("%zu of %zu calls came back as churn-risk records: p50 %.0f ms, p99 %.0f ms, worst %.0f ms\n",
              waits.size(), called.size(), at(.5), at(.99), waits.back());
  return 0;
}

int Usage() {
  std::fprintf(stderr, "touch_traffic BROKERS INSTALLATION PARTITIONS CLIENTS fill|load N|latency RATE SECONDS\n");
  return 2;
}

int Run(int argc, char** argv) {
  const std::string what = argv[5];
  const Target target = MakeTarget(argv);
  if (what == "fill") {
    return AppendAll(target, target.clients, "order", [](std::size_t n) -> InEventData { return Order(n); });
  }
  if (what == "load" && argc == 7) {
    return AppendAll(target, std::strtoull(argv[6], nullptr, 10), "touch",
                     [](std::size_t) -> InEventData { return Call(); });
  }
  if (what == "latency" && argc == 8) {
    return MeasureLatency(target, std::strtoull(argv[6], nullptr, 10), std::strtoull(argv[7], nullptr, 10));
  }
  return Usage();
}

}  // namespace
}  // namespace mainstay

int main(int argc, char** argv) { return argc > 5 ? mainstay::Run(argc, argv) : mainstay::Usage(); }
