// What the size of a book costs: an order, the first page of the Pareto, a what-if, memory and disk. Prints; asserts
// nothing.
//   segmentation_bench FOLDER [clients of the large book]
// FOLDER is on the disk to be measured; what is written there stays.
#include <grpcpp/client_context.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "mainstay/app/embedded_system.h"
#include "mainstay/base/hash.h"
#include "mainstay/base/random.h"
#include "mainstay/query/v1/segmentation.grpc.pb.h"
#include "mainstay/rpc/server.h"
#include "mainstay/wire/in_event.h"
#include "services/segmentation/module.h"
#include "services/segmentation/state.h"

namespace mainstay::segmentation {
namespace {

namespace q = query::v1;
using Clock = std::chrono::steady_clock;

const BookId kBook{"book"};
const Instant kStart = Instant{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
constexpr int kBatch = 1'000;
constexpr int kFew = 1'000;

double Seconds(Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); }

double Quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(part * static_cast<double>(values.size())))];
}

template <class T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

double ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  file >> pages >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// A book whose clients have ordered once, log-normally, in a directory of its own; the segmentation service alone.
class LiveSystem {
 public:
  LiveSystem(std::filesystem::path directory, int clients) : clients_(clients), directory_(std::move(directory)) {
    std::vector<app::ServiceModule> modules;
    modules.push_back(MakeSegmentationModule("mainstay"));
    system_ =
        Must(app::EmbeddedSystem::Start({.directory = directory_, .new_with_data_clock = true}, std::move(modules)));
    server_ = Must(rpc::Server::Start({}, system_->services()));
    stub_ = q::SegmentationService::NewStub(server_->InProcessChannel());
    PublishAll({Encoded(std::nullopt, ImportStarted{ImportId{"all"}, {}})});
    std::vector<std::string> batch;
    for (int i = 0; i < clients_; ++i) {
      batch.push_back(Encoded(Client(i), AnOrder()));
      if (batch.size() == kBatch || i + 1 == clients_) PublishAll(std::exchange(batch, {}));
    }
    PublishAll({Encoded(std::nullopt, ImportFinished{ImportId{"all"}, {}})});
    Settle();
  }
  ~LiveSystem() {
    system_->ShutDownDoors();
    server_->Shutdown(std::chrono::seconds{5});
    (void)system_->Stop();
  }

  // Seconds for each of `kBatch` orders of the first `among` clients in any order, durable and taken.
  double OneOrder(int among) {
    std::vector<std::string> batch;
    for (int i = 0; i < kBatch; ++i) {
      const auto client = static_cast<int>(Below(random_, static_cast<std::uint64_t>(among)));
      batch.push_back(Encoded(Client(client), AnOrder()));
    }
    const auto begin = Clock::now();
    PublishAll(std::move(batch));
    Settle();
    return Seconds(begin) / kBatch;
  }

  // Seconds from publishing one order, of a client drawn from the first `among`, until it is durable and the client's
  // tier and rank and the book's line have been answered with it.
  double OneOrderAnswered(int among) {
    const ClientId client = Client(static_cast<int>(Below(random_, static_cast<std::uint64_t>(among))));
    std::string order = Encoded(client, AnOrder());
    const auto begin = Clock::now();
    PublishAll({std::move(order)});
    Settle();
    AskForClient(client);
    AskForLine();
    return Seconds(begin);
  }

  // Of the first rows; how long the call took.
  double FirstPage() const {
    q::GetParetoRequest request;
    request.set_limit(50);
    q::GetParetoResponse answer;
    grpc::ClientContext context;
    const auto begin = Clock::now();
    const grpc::Status status = stub_->GetPareto(&context, request, &answer);
    if (!status.ok() || answer.rows_size() != 50) throw std::runtime_error("no page: " + status.error_message());
    return Seconds(begin);
  }
  double AllRows() const {
    grpc::ClientContext context;
    const auto begin = Clock::now();
    const auto reader = stub_->StreamPareto(&context, {});
    int rows = 0;
    for (q::GetParetoResponse piece; reader->Read(&piece);) rows += piece.rows_size();
    if (!reader->Finish().ok() || rows != clients_) throw std::runtime_error("not all rows came");
    return Seconds(begin);
  }
  double WhatIf() const {
    q::WhatIfRequest request;
    request.set_tiers("split 40/30/30");
    q::WhatIfResponse answer;
    grpc::ClientContext context;
    const auto begin = Clock::now();
    const grpc::Status status = stub_->WhatIf(&context, request, &answer);
    if (!status.ok() || answer.moves_size() == 0) throw std::runtime_error("no what-if: " + status.error_message());
    return Seconds(begin);
  }

  std::size_t LargestValue() const {
    const auto snapshot = Must(system_->ReadShard("segmentation", PartitionOf(kBook.raw(), system_->partitions())));
    std::size_t largest = 0;
    for (stream::TableId table = kClients; table <= kLastTable; ++table) {
      const auto scanned = snapshot->Scan(table, {}, {}, [&](std::string_view, std::string_view value) {
        largest = std::max(largest, value.size());
        return true;
      });
      if (!scanned) throw std::runtime_error(scanned.error().message);
    }
    return largest;
  }
  double BytesOnDisk() const {
    double bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_)) {
      if (entry.is_regular_file()) bytes += static_cast<double>(entry.file_size());
    }
    return bytes;
  }

 private:
  void AskForClient(const ClientId& client) const {
    q::GetClientRequest request;
    request.set_client(client.raw());
    q::GetClientResponse answer;
    grpc::ClientContext context;
    const grpc::Status status = stub_->GetClient(&context, request, &answer);
    if (!status.ok() || !answer.has_rank()) throw std::runtime_error("no rank: " + status.error_message());
  }
  void AskForLine() const {
    q::GetParetoRequest request;
    request.set_limit(1);
    q::GetParetoResponse answer;
    grpc::ClientContext context;
    const grpc::Status status = stub_->GetPareto(&context, request, &answer);
    if (!status.ok() || !answer.has_line_80()) throw std::runtime_error("no line: " + status.error_message());
  }

  static ClientId Client(int number) { return ClientId{"client-" + std::to_string(number)}; }
  OrderPlaced AnOrder() {
    // Twelve uniform numbers are near enough to a normal one.
    double normal = -6;
    for (int i = 0; i < 12; ++i) normal += Uniform(random_);
    OrderLine line;
    line.product = ProductId{"product"};
    line.amount = Money::FromUnits(1 + std::llround(std::exp(normal * 1.5) * 1'000 * Money::kUnitsPerWhole));
    return {OrderId{"o" + std::to_string(number_)}, Currency{"EUR"}, {line}, std::nullopt, std::nullopt};
  }
  std::string Encoded(std::optional<ClientId> client, InEventData data) {
    const EventId id{"e" + std::to_string(++number_)};
    return wire::EncodeInEvent({id, "bench", Now(), kBook, std::move(client), std::move(data)});
  }
  [[nodiscard]] Instant Now() const { return kStart + std::chrono::milliseconds{number_}; }
  void PublishAll(std::vector<std::string> values) {
    std::vector<app::Publication> publications;
    publications.reserve(values.size());
    for (std::string& value : values) {
      publications.push_back(
          {"mainstay.client-events", kBook.raw(), std::nullopt, std::nullopt, Now(), std::move(value)});
    }
    waiting_.push_back(system_->Publish(std::move(publications), app::Wait::kProcessed));
    if (waiting_.size() > 8) TakeOne();
  }
  void TakeOne() {
    for (const app::Acknowledgement& one : Must(waiting_.front().get())) {
      if (one.verdict.kind != stream::Verdict::Kind::kAccepted) throw std::runtime_error("an event was refused");
    }
    waiting_.pop_front();
  }
  void Settle() {
    while (!waiting_.empty()) TakeOne();
  }

  int clients_;
  int number_ = 0;
  Random random_{1};
  std::filesystem::path directory_;
  std::unique_ptr<app::EmbeddedSystem> system_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<q::SegmentationService::Stub> stub_;
  std::deque<std::future<Result<std::vector<app::Acknowledgement>>>> waiting_;
};

void Figure(const char* name, double value, const char* unit, const char* goal) {
  std::printf("%-48s %12.2f %-8s goal: %s\n", name, value, unit, goal);
  std::fflush(stdout);
}

// Throughput, a thousand orders at a time: what is left of each order when commits and calls are shared. Both books by
// turns, so that whatever else the machine does slows both.
void CompareOrders(const char* whose, LiveSystem& small, LiveSystem& large, int among) {
  std::vector<double> in_small;
  std::vector<double> in_large;
  for (int i = 0; i < 60; ++i) {
    in_small.push_back(small.OneOrder(kFew));
    in_large.push_back(large.OneOrder(among));
  }
  Figure("an order among many in a book of 1,000, median", Quantile(in_small, 0.5) * 1e6, "us", "none set");
  Figure(whose, Quantile(in_large, 0.5) * 1e6, "us", "none set");
  Figure("  large over small", Quantile(in_large, 0.5) / Quantile(in_small, 0.5), "", "none set");
}

// One at a time, as a person would: published, durable, and its effect read.
void CompareAnswers(LiveSystem& small, LiveSystem& large, int clients) {
  std::vector<double> in_small;
  std::vector<double> in_large;
  for (int i = 0; i < 2'000; ++i) {
    in_small.push_back(small.OneOrderAnswered(kFew));
    in_large.push_back(large.OneOrderAnswered(clients));
  }
  Figure("one order to tier, rank, line; book of 1,000", Quantile(in_small, 0.5) * 1e6, "us", "none set");
  Figure("one order to tier, rank, line; the large book", Quantile(in_large, 0.5) * 1e6, "us", "none set");
  Figure("  large over small", Quantile(in_large, 0.5) / Quantile(in_small, 0.5), "", "1.5");
}

void Pages(const LiveSystem& large) {
  std::vector<double> pages;
  pages.reserve(500);
  for (int i = 0; i < 500; ++i) pages.push_back(large.FirstPage());
  Figure("first page of the Pareto, p50", Quantile(pages, 0.5) * 1e3, "ms", "none set");
  Figure("first page of the Pareto, p99", Quantile(pages, 0.99) * 1e3, "ms", "20 ms");
  Figure("all rows of the Pareto, streamed", large.AllRows(), "s", "none set");
}

void Run(const std::filesystem::path& folder, int clients) {
  std::printf("segmentation, %d clients with one order each\n", clients);
  LiveSystem small(folder / "small", kFew);
  const double before = ResidentBytes();
  const auto begin = Clock::now();
  LiveSystem large(folder / "large", clients);
  Figure("import", clients / Seconds(begin), "orders/s", "none set");
  Figure("memory for a client", (ResidentBytes() - before) / clients, "bytes", "1,024 bytes");
  Figure("disk for a client", large.BytesOnDisk() / clients, "bytes", "4,096 bytes");
  Figure("largest state value", static_cast<double>(large.LargestValue()), "bytes", "65,536 bytes");
  Pages(large);
  CompareAnswers(small, large, clients);
  CompareOrders("an order of the same clients in the large book", small, large, kFew);
  CompareOrders("an order of anybody in the large book", small, large, clients);  // Whose state is in no cache.
  Figure("what-if of 100,000 clients", LiveSystem(folder / "policies", 100'000).WhatIf(), "s", "2 s");
}

}  // namespace
}  // namespace mainstay::segmentation

int main(int argc, char** argv) {
  try {
    if (argc < 2) throw std::runtime_error("usage: segmentation_bench FOLDER [CLIENTS]");
    mainstay::segmentation::Run(argv[1], argc > 2 ? std::atoi(argv[2]) : 1'000'000);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
