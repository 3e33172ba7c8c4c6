#include "learning.h"

#include <algorithm>
#include <utility>

#include "book_model.h"
#include "client_work.h"
#include "mainstay/base/hash.h"
#include "mainstay/wire/out_event.h"
#include "snapshots.h"

namespace mainstay::cadence {
namespace {

constexpr std::int64_t kLeastClients = 20;  // With orders; below that the priors would speak, not the book.
constexpr std::int64_t kLeastRepeats = 20;
constexpr std::size_t kMostFitted = 100'000;    // Clients; of a larger book as many are taken, evenly by id.
constexpr std::chrono::weeks kLearnedShows{4};  // What was learned makes a version this long after the last one.

struct Counts {
  std::int64_t orders = 0;  // Order days.
  std::int64_t repeats = 0;
};

Counts CountsOf(const OrderSurvey& survey) {
  Counts counts;
  for (const risk::Observed& client : survey.clients) counts.repeats += client.repeats.x;
  counts.orders = counts.repeats + std::ssize(survey.clients);
  return counts;
}

bool WorthFitting(const OrderSurvey& survey, const Counts& counts, const BookModel* last) {
  if (std::ssize(survey.clients) < kLeastClients || counts.repeats < kLeastRepeats) return false;
  return last == nullptr || counts.orders * 20 >= last->orders * 21;  // 5 % more.
}

// A mean of order values exists only for q > 1; a fit that hardly says so would value new clients at any sum.
std::optional<risk::GammaGamma> FittedValues(const std::vector<risk::ValueObserved>& values) {
  constexpr double kLeastShape = 1.1;
  if (std::ssize(values) < kLeastClients) return std::nullopt;
  const risk::ValueFit fit = risk::FitGammaGamma(risk::EvenSample<risk::ValueObserved>(values, kMostFitted));
  return fit.converged && fit.model.q >= kLeastShape ? std::optional(fit.model) : std::nullopt;
}

BookModel Fitted(const OrderSurvey& survey, const Counts& counts, const BookModel* last, Instant now) {
  const std::vector<risk::Observed> sample = risk::EvenSample<risk::Observed>(survey.clients, kMostFitted);
  const risk::OrderFit fit = last == nullptr
                                 ? risk::FitMbgCnbd(sample, risk::Priors::kBySize)
                                 : risk::RefitMbgCnbd(sample, risk::Priors::kBySize, last->parameters.model);
  BookModel model;
  model.parameters.model = fit.model;
  model.order_values = FittedValues(survey.values);
  model.fitted_at = now;
  model.window_from = survey.first;
  model.window_to = survey.last;
  model.clients = std::ssize(survey.clients);
  model.orders = counts.orders;
  model.log_likelihood = fit.log_likelihood;
  model.ln_deviation = fit.ln_deviation;
  model.ln_factor = fit.ln_factor;
  model.no_attrition = fit.no_attrition;
  return model;
}

// Makes `next` the book's version, with what was learned so far.
Result<void> PutInUse(stream::Context& context, Book& book, BookModel next, LearningRecord& learning) {
  const Instant now = context.Now();
  next.number = book.record.model ? book.record.model->number + 1 : 1;
  next.since = now;
  next.gate = risk::Choose(learning.gate);
  risk::ChurnParameters& parameters = next.parameters;
  parameters.version = VersionName(next.number, now);
  parameters.weights = learning.weights.weights;
  if (learning.matured > 0) {
    MAINSTAY_TRY_ASSIGN(labels, ReadLabels(context, book.id, 0));
    for (risk::Matured& label : labels) risk::Rebase(label.snapshot, parameters.model);
    learning.calibration = risk::Calibrate(labels, parameters, now, {});
  }
  if (next.gate == risk::GateChoice::kOrdersOnly) parameters.weights = {};
  parameters.calibration = risk::CalibrationOf(next.gate, learning.calibration);
  learning.labels = 0;
  const EventId id{HashParts({book.id.raw(), parameters.version}).Hex()};
  context.Emit(kModelParametersOutput, book.id.raw(),
               wire::EncodeOutEvent({id, now, book.id, std::nullopt, MakeParametersFitted(next)}));
  book.record.model = std::make_shared<const BookModel>(std::move(next));
  return {};
}

// The gate sees a batch before anything learns from it.
void LearnFrom(std::vector<risk::Matured> batch, const Book& book, Instant now, LearningRecord& learning) {
  if (batch.empty()) return;
  const risk::LearningPolicy policy;
  const double weeks = learning.learned_at ? WeeksBetween(*learning.learned_at, now) : 0;
  risk::ChurnParameters parameters = book.parameters();
  parameters.weights = learning.weights.weights;
  for (risk::Matured& row : batch) risk::Rebase(row.snapshot, parameters.model);
  learning.gate = risk::Observe(learning.gate, batch, parameters, learning.calibration, weeks, policy);
  learning.weights = risk::Learn(learning.weights, batch, parameters, weeks, policy);
  learning.learned_at = now;
  for (const risk::Matured& row : batch) learning.labels += row.Weight();
}

}  // namespace

Result<LearningRecord> LoadLearning(stream::Context& context, const BookId& book) {
  MAINSTAY_TRY_ASSIGN(bytes, context.Get(kLearning, book.raw()));
  if (!bytes) return LearningRecord{};
  return DecodeLearning(*bytes);
}

Result<bool> Reconsider(stream::Context& context, Book& book, const OrderSurvey& survey, LearningRecord learning,
                        std::int64_t first_label) {
  if (learning.matured > first_label) {
    MAINSTAY_TRY_ASSIGN(batch, ReadLabels(context, book.id, first_label));
    LearnFrom(std::move(batch), book, context.Now(), learning);
  }
  const BookModel* last = book.record.model.get();
  const Counts counts = CountsOf(survey);
  bool changed = false;
  if (WorthFitting(survey, counts, last)) {
    MAINSTAY_TRY(PutInUse(context, book, Fitted(survey, counts, last, context.Now()), learning));
    changed = true;
  } else if (last != nullptr && learning.labels > 0 && context.Now() - last->since >= kLearnedShows) {
    MAINSTAY_TRY(PutInUse(context, book, BookModel{*last}, learning));
    changed = true;
  }
  if (changed || learning.matured > first_label) context.Put(kLearning, book.id.raw(), Encode(learning));
  return changed;
}

}  // namespace mainstay::cadence
