// The speed of libs/domain/risk on one core: fits of 23,570 simulated CDNOW-like clients, rescoring, one event's score.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <vector>

#include "libs/domain/risk/tests/order_world.h"
#include "mainstay/risk/fit.h"
#include "mainstay/risk/score.h"

namespace mainstay::risk {
namespace {

constexpr int kClients = 23'570;

// Processor time, so that a busy machine changes it little.
double Seconds(std::clock_t start) { return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC; }

// Whole days, as orders of a book are, of clients that joined within 12 weeks.
std::vector<Observed> Book(const OrderModel& model) {
  Random random{1};
  std::vector<Observed> clients;
  for (int i = 0; i < kClients; ++i) {
    const double age = 27 + static_cast<double>(Below(random, 84)) / 7;
    Observed client = SimulateOne(model, age, random);
    client.repeats.t_x = std::clamp(std::round(client.repeats.t_x * 7) / 7, client.repeats.x > 0 ? 1.0 / 7 : 0, age);
    clients.push_back(client);
  }
  return clients;
}

// For a yardstick that fits the same clients: x, t_x, T, a line each.
bool WriteClients(const std::vector<Observed>& clients, const char* file) {
  std::FILE* out = std::fopen(file, "w");
  if (out == nullptr) return false;
  for (const Observed& client : clients) {
    std::fprintf(out, "%lld,%.17g,%.17g\n", static_cast<long long>(client.repeats.x), client.repeats.t_x, client.age);
  }
  return std::fclose(out) == 0;
}

void BenchFits(const std::vector<Observed>& clients) {
  auto start = std::clock();
  const OrderFit bg = FitOrders(clients, 1, 0, Priors::kNone);
  const double seconds = Seconds(start);
  std::printf(
      "(processor time)\nBG/NBD fit, 23,570 clients       %8.4f s (r %.3f, alpha %.3f, a %.3f, b %.3f; %lld distinct)  "
      " %s\n",
      seconds, bg.model.r, bg.model.alpha, bg.model.a, bg.model.b, static_cast<long long>(bg.distinct),
      "goal: a tenth of the yardstick's");
  start = std::clock();
  const OrderFit two = FitOrders(clients, 2, 1, Priors::kNone);
  std::printf("MBG/CNBD-2 fit, 23,570 clients   %8.4f s (%d steps)   goal: 0.5 s\n", Seconds(start), two.steps);
  start = std::clock();
  const OrderFit any = FitMbgCnbd(clients, Priors::kNone);
  std::printf("MBG/CNBD-k fit, k in 1..4        %8.4f s (k = %d)   goal: none set\n", Seconds(start), any.model.k);
}

// What a shard does in one step when a book of 100,000 clients or more is fitted again: no input is taken meanwhile.
void BenchRefit(const std::vector<Observed>& clients) {
  constexpr std::size_t kMost = 100'000;
  std::vector<Observed> all;
  std::vector<ValueObserved> values;
  Random random{2};
  while (all.size() < kMost) {
    Observed client = clients[all.size() % clients.size()];
    client.age += static_cast<double>(all.size() / clients.size()) / 7;  // Else they would be counted once.
    if (client.repeats.x > 0) values.push_back({client.repeats.x, 1e5 * (1 + 9 * Uniform(random))});
    all.push_back(client);
  }
  auto start = std::clock();
  const OrderFit fit = RefitMbgCnbd(all, Priors::kBySize, FitMbgCnbd(clients, Priors::kBySize).model);
  std::printf("a refit, 100,000 clients         %8.4f s (%lld distinct; the fit before it included)   goal: none set\n",
              Seconds(start), static_cast<long long>(fit.distinct));
  start = std::clock();
  const ValueFit worth = FitGammaGamma(values);
  std::printf("their order values               %8.4f s (%zu clients%s)   goal: none set\n", Seconds(start),
              values.size(), worth.converged ? "" : ", not converged");
}

void BenchRescoring(const std::vector<Observed>& clients) {
  constexpr int kRounds = 40;
  for (const int k : {1, 2}) {
    OrderModel model;
    model.k = k;
    double sum = 0;
    const auto start = std::clock();
    for (int round = 0; round < kRounds; ++round) {
      for (const Observed& client : clients) sum += PSilent(model, client.repeats, client.age + round, 13);
    }
    const double seconds = Seconds(start);
    std::printf("rescoring, k = %d                 %8.2f M clients/s (mean %.3f)   goal: %s\n", k,
                kRounds * kClients / seconds / 1e6, sum / (kRounds * kClients), k == 1 ? "5 M/s a core" : "none set");
  }
}

void BenchEvent() {
  constexpr int kScores = 200'000;
  const Instant now{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
  ClientFacts facts;
  facts.orders = OrderFacts{{{12, 60, 18}, {}, {}}, now, EventId{"order-12"}};
  facts.signals.touch = TouchFacts{EventId{"touch-1"}, now - std::chrono::days{20}, 7, true};
  facts.signals.competitor_calls = {{EventId{"call-1"}, now}};
  const ChurnParameters parameters;
  double sum = 0;
  auto start = std::clock();
  for (int i = 0; i < kScores; ++i)
    sum += ChurnCurve{facts, parameters}.StandingAt(now + std::chrono::minutes{i}).excess;
  std::printf("one event's standing             %8.3f us   goal: 2 us\n", Seconds(start) / kScores * 1e6);
  start = std::clock();
  for (int i = 0; i < kScores; ++i) sum += ScoreClient(facts, parameters, now + std::chrono::minutes{i}).excess;
  std::printf("the same with reasons and texts  %8.3f us   goal: 2 us (mean %.3f)\n", Seconds(start) / kScores * 1e6,
              sum / (2 * kScores));
}

}  // namespace
}  // namespace mainstay::risk

// risk_bench [FILE]: the clients that are fitted go to FILE.
int main(int argc, char** argv) {
  const mainstay::risk::OrderModel cdnow{.r = .243, .alpha = 4.414, .a = .793, .b = 2.426, .k = 1, .m = 0};
  const std::vector<mainstay::risk::Observed> clients = mainstay::risk::Book(cdnow);
  if (argc > 1 && !mainstay::risk::WriteClients(clients, argv[1])) {
    std::perror(argv[1]);
    return 1;
  }
  mainstay::risk::BenchFits(clients);
  mainstay::risk::BenchRefit(clients);
  mainstay::risk::BenchRescoring(clients);
  mainstay::risk::BenchEvent();
}
