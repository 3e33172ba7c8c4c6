#include "learning_codec.h"

#include <algorithm>

#include "state_codec.h"

namespace mainstay::cadence {
namespace {

namespace s = state::v1;
constexpr int kKinds = static_cast<int>(risk::kSignalKinds);

}  // namespace

std::string Encode(const LearningRecord& learning) {
  s::CadenceLearning proto;
  for (const double weight : learning.weights.weights) proto.add_weights(weight);
  for (const risk::SignalValues& row : learning.weights.precision) {
    for (const double value : row) proto.add_precision(value);
  }
  proto.set_weight_labels(learning.weights.labels);
  proto.set_c0(learning.calibration.c0);
  proto.set_c1(learning.calibration.c1);
  for (const auto& row : learning.calibration.precision) {
    for (const double value : row) proto.add_calibration_precision(value);
  }
  for (const double value : learning.gate.log_likelihood) proto.add_gate(value);
  if (learning.learned_at) proto.set_learned_ms(ToMs(*learning.learned_at));
  proto.set_labels(learning.labels);
  proto.set_matured(learning.matured);
  return proto.SerializeAsString();
}

Result<LearningRecord> DecodeLearning(std::string_view bytes) {
  s::CadenceLearning proto;
  MAINSTAY_TRY(Parse(bytes, "learning", proto));
  LearningRecord learning;
  if (proto.weights_size() != kKinds || proto.precision_size() != kKinds * kKinds ||
      proto.calibration_precision_size() != 4 || proto.gate_size() != 3) {
    return Fail(ErrorCode::kDataLoss, "the stored learning is damaged");
  }
  for (int i = 0; i < kKinds; ++i) {
    const auto at = static_cast<std::size_t>(i);
    learning.weights.weights[at] = proto.weights(i);
    for (int j = 0; j < kKinds; ++j) {
      learning.weights.precision[at][static_cast<std::size_t>(j)] = proto.precision(i * kKinds + j);
    }
  }
  learning.weights.labels = proto.weight_labels();
  learning.calibration.c0 = proto.c0();
  learning.calibration.c1 = proto.c1();
  for (int i = 0; i < 4; ++i) {
    const auto at = static_cast<std::size_t>(i);
    learning.calibration.precision[at / 2][at % 2] = proto.calibration_precision(i);
  }
  for (int i = 0; i < 3; ++i) learning.gate.log_likelihood[static_cast<std::size_t>(i)] = proto.gate(i);
  if (proto.has_learned_ms()) learning.learned_at = FromMs(proto.learned_ms());
  learning.labels = proto.labels();
  learning.matured = proto.matured();
  return learning;
}

std::string Encode(const OpenSnapshot& open) {
  s::CadenceSnapshot proto;
  proto.set_at_ms(ToMs(open.snapshot.at));
  proto.set_horizon_weeks(open.snapshot.horizon_weeks);
  proto.set_logit_silent(open.snapshot.logit_silent);
  proto.set_no_renewal(open.snapshot.no_renewal);
  const risk::SignalValues& signals = open.snapshot.signals;
  if (std::any_of(signals.begin(), signals.end(), [](double value) { return value != 0; })) {
    for (const double value : signals) proto.add_signals(value);
  }
  proto.set_published(open.published);
  proto.set_silent_weeks(open.silent_weeks);
  return proto.SerializeAsString();
}

Result<OpenSnapshot> DecodeSnapshot(std::string_view bytes) {
  s::CadenceSnapshot proto;
  MAINSTAY_TRY(Parse(bytes, "snapshot", proto));
  OpenSnapshot open{{FromMs(proto.at_ms()), proto.horizon_weeks(), proto.logit_silent(), proto.no_renewal(), {}},
                    proto.published(),
                    proto.silent_weeks()};
  for (int i = 0; i < std::min(kKinds, proto.signals_size()); ++i) {
    open.snapshot.signals[static_cast<std::size_t>(i)] = proto.signals(i);
  }
  return open;
}

std::string Encode(const MaturedRecord& matured) {
  s::CadenceMatured proto;
  proto.set_at_ms(ToMs(matured.at));
  proto.set_published(matured.published);
  proto.set_orders_only(matured.orders_only);
  proto.set_silent_weeks(matured.silent_weeks);
  proto.set_weight(matured.weight);
  proto.set_left(matured.left);
  return proto.SerializeAsString();
}

Result<MaturedRecord> DecodeMatured(std::string_view bytes) {
  s::CadenceMatured proto;
  MAINSTAY_TRY(Parse(bytes, "label", proto));
  return MaturedRecord{FromMs(proto.at_ms()), proto.published(), proto.orders_only(),
                       proto.silent_weeks(),  proto.weight(),    proto.left()};
}

}  // namespace mainstay::cadence
