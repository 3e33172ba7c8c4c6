// What a book's scores are computed with, as a version: fitted to its own orders, with what its outcomes taught.
//
// `default-1` until there is a version. A version never changes; it is stored with the book, published on
// model-parameters and named by every score made with it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/risk/fit.h"
#include "mainstay/risk/learning.h"
#include "mainstay/risk/score.h"
#include "mainstay/vocabulary/out_events.h"

namespace mainstay::state::v1 {
class CadenceModel;
}

namespace mainstay::cadence {

struct BookModel {
  std::int64_t number = 1;  // Of the book's versions.
  risk::ChurnParameters parameters;
  Instant since{};      // In use from here on.
  Instant fitted_at{};  // The order model is of then: a version may differ from the one before it in what was learned.
  Day window_from{};    // First and last order day it was fitted to.
  Day window_to{};
  std::int64_t clients = 0;
  std::int64_t orders = 0;  // Order days.
  double log_likelihood = 0;
  std::optional<risk::GammaGamma> order_values;  // In 1/10,000; absent: too few repeat orders.
  std::array<double, 4> ln_deviation{};          // As of risk::OrderFit, and so are the next two.
  std::array<std::array<double, 4>, 4> ln_factor{};
  bool no_attrition = false;
  risk::GateChoice gate = risk::GateChoice::kRaw;
  mutable std::vector<risk::OrderModel> draws{};  // By DrawsOf() when they are first needed, hence one thread.
};

void Write(const BookModel& from, state::v1::CadenceModel& to);
[[nodiscard]] BookModel Read(const state::v1::CadenceModel& from);

// "fit-3-2026-02-01": the third version of its book, of that day (UTC).
[[nodiscard]] std::string VersionName(std::int64_t number, Instant since);
// "MBG/NBD", "MBG/CNBD-2" ...
[[nodiscard]] std::string ModelName(const risk::OrderModel& model);
[[nodiscard]] ParametersFitted MakeParametersFitted(const BookModel& model);

// c0, c1 and the steps, as inputs of a score and values of a version name them.
[[nodiscard]] std::vector<RiskInput> CalibrationInputs(const risk::Calibration& calibration);

// 200 draws of the order model by the uncertainty of its fit, seeded by the version: the same everywhere.
[[nodiscard]] const std::vector<risk::OrderModel>& DrawsOf(const BookModel& model);

}  // namespace mainstay::cadence
