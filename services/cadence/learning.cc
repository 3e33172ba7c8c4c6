#include "learning.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "book_model.h"
#include "client_work.h"
#include "mainstay/base/hash.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/wire/out_event.h"
#include "snapshots.h"
#include "sweep.h"

namespace mainstay::cadence {
namespace {

constexpr std::int64_t kLeastClients = 20;  // With orders; below that the priors would speak, not the book.
constexpr std::int64_t kLeastRepeats = 20;
constexpr std::chrono::weeks kLearnedShows{4};  // What was learned makes a version this long after the last one.

// What one pass over the book's clients brings.
struct Look {
  std::vector<risk::Observed> clients;
  std::int64_t orders = 0;
  std::int64_t repeats = 0;
  Day first = Day::max();
  Day last = Day::min();

  void Add(const risk::OrderStatistics& statistics, Instant last_day_ends_at, Instant now) {
    const risk::Repeats& client = statistics.repeats;
    clients.push_back({client, client.t_x + std::max(0.0, WeeksBetween(last_day_ends_at, now))});
    orders += client.x + 1;
    repeats += client.x;
    first = std::min(first, statistics.first);
    last = std::max(last, statistics.last);
  }
};

Result<Look> LookAtClients(stream::Context& context, const Book& book, bool snapshots) {
  Look look;
  const std::string prefix = book.id.raw() + '\0';
  const Instant now = context.Now();
  Result<void> failed{};
  MAINSTAY_TRY(context.Scan(kClients, prefix, {}, [&](std::string_view key, std::string_view value) {
    const Result<ClientRecord> client = DecodeClient(value);
    if (!client) {
      failed = tl::unexpected(client.error());
      return false;
    }
    if (const auto& statistics = client->order_days.statistics()) {
      look.Add(*statistics, book.zone.EndOfDay(statistics->last), now);
    }
    const ClientId id{std::string(key.substr(prefix.size()))};
    if (snapshots && !client->plan.lost && risk::IsSnapshotWeek(book.id, id, now)) {
      failed = TakeSnapshot(context, book, id, *client);
    }
    return failed.has_value();
  }));
  MAINSTAY_TRY(failed);
  return look;
}

bool WorthFitting(const Look& look, const BookModel* last) {
  if (std::ssize(look.clients) < kLeastClients || look.repeats < kLeastRepeats) return false;
  return last == nullptr || look.orders * 20 >= last->orders * 21;  // 5 % more.
}

BookModel Fitted(const Look& look, const BookModel* last, Instant now) {
  const risk::OrderFit fit = last == nullptr
                                 ? risk::FitMbgCnbd(look.clients, risk::Priors::kBySize)
                                 : risk::RefitMbgCnbd(look.clients, risk::Priors::kBySize, last->parameters.model);
  BookModel model;
  model.parameters.model = fit.model;
  model.fitted_at = now;
  model.window_from = look.first;
  model.window_to = look.last;
  model.clients = fit.clients;
  model.orders = look.orders;
  model.log_likelihood = fit.log_likelihood;
  model.ln_deviation = fit.ln_deviation;
  model.ln_factor = fit.ln_factor;
  model.no_attrition = fit.no_attrition;
  return model;
}

// Makes `next` the book's version, with what was learned so far.
void PutInUse(stream::Context& context, Book& book, BookModel next, LearningRecord& learning) {
  const Instant now = context.Now();
  next.number = book.record.model ? book.record.model->number + 1 : 1;
  next.since = now;
  next.gate = risk::Choose(learning.gate);
  risk::ChurnParameters& parameters = next.parameters;
  parameters.version = VersionName(next.number, now);
  parameters.weights = next.gate == risk::GateChoice::kOrdersOnly ? risk::SignalValues{} : learning.weights.weights;
  const bool calibrated = next.gate == risk::GateChoice::kCalibrated;
  parameters.c0 = calibrated ? learning.calibration.c0 : 0;
  parameters.c1 = calibrated ? learning.calibration.c1 : 1;
  learning.labels = 0;
  const EventId id{HashParts({book.id.raw(), parameters.version}).Hex()};
  context.Emit(kModelParametersOutput, book.id.raw(),
               wire::EncodeOutEvent({id, now, book.id, std::nullopt, MakeParametersFitted(next)}));
  book.record.model = std::make_shared<const BookModel>(std::move(next));
}

Result<LearningRecord> LoadLearning(stream::Context& context, const BookId& book) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kLearning, book.raw()));
  if (!bytes) return LearningRecord{};
  return DecodeLearning(*bytes);
}

// The gate sees a batch before anything learns from it.
void LearnFrom(const std::vector<risk::Matured>& batch, const Book& book, Instant now, LearningRecord& learning) {
  if (batch.empty()) return;
  const risk::LearningPolicy policy;
  const double weeks = learning.learned_at ? WeeksBetween(*learning.learned_at, now) : 0;
  risk::ChurnParameters parameters = book.parameters();
  parameters.weights = learning.weights.weights;
  learning.gate = risk::Observe(learning.gate, batch, parameters, learning.calibration, weeks, policy);
  parameters.c0 = learning.calibration.c0;
  parameters.c1 = learning.calibration.c1;
  learning.weights = risk::Learn(learning.weights, batch, parameters, weeks, policy);
  learning.calibration = risk::Calibrate(learning.calibration, batch, parameters, weeks, policy);
  learning.learned_at = now;
  for (const risk::Matured& row : batch) learning.labels += row.Weight();
}

// True if the book has a new version.
Result<bool> Reconsider(stream::Context& context, Book& book, bool snapshots) {
  MAINSTAY_TRY_ASSIGN(learning, LoadLearning(context, book.id));
  const LearningRecord before = learning;
  MAINSTAY_TRY_ASSIGN(batch, TakeMatured(context, book, learning.matured));
  LearnFrom(batch, book, context.Now(), learning);
  MAINSTAY_TRY_ASSIGN(look, LookAtClients(context, book, snapshots));
  const BookModel* last = book.record.model.get();
  bool changed = false;
  if (WorthFitting(look, last)) {
    PutInUse(context, book, Fitted(look, last, context.Now()), learning);
    changed = true;
  } else if (last != nullptr && learning.labels > 0 && context.Now() - last->since >= kLearnedShows) {
    PutInUse(context, book, BookModel{*last}, learning);
    changed = true;
  }
  if (learning != before) context.Put(kLearning, book.id.raw(), Encode(learning));
  return changed;
}

}  // namespace

Result<bool> ArmModelTimer(stream::Context& context, Book& book) {
  if (book.record.model_timer) return false;
  book.record.model_timer = context.Now() + kModelEvery;
  MAINSTAY_TRY(context.SetTimer(kModelTimer, book.id.raw(), *book.record.model_timer, {}));
  return true;
}

Result<void> OnModelTimer(stream::Context& context, Book book, const EventRef& cause) {
  book.record.model_timer.reset();
  bool changed = false;
  if (!book.record.importing) {
    MAINSTAY_TRY_ASSIGN(reconsidered, Reconsider(context, book, true));
    changed = reconsidered;
  }
  MAINSTAY_TRY(ArmModelTimer(context, book));
  context.Put(kBooks, book.id.raw(), Encode(book.record));
  return changed ? StartSweep(context, book.id, SweepKind::kRisk, cause) : Result<void>{};
}

Result<void> FitAfterImport(stream::Context& context, Book& book) {
  MAINSTAY_TRY(Reconsider(context, book, false));
  return {};
}

}  // namespace mainstay::cadence
