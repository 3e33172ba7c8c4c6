#include "learning.h"
#include "snapshots.h"
#include "state_codec.h"

namespace mainstay::cadence {
namespace {

namespace s = state::v1;
constexpr int kKinds = static_cast<int>(risk::kSignalKinds);
constexpr int kChoices = static_cast<int>(risk::kGateChoices);

void AddRow(const risk::Snapshot& row, double published, s::CadenceSnapshots& to) {
  const auto place = static_cast<std::uint32_t>(to.at_ms_size());
  to.add_at_ms(ToMs(row.at));
  to.add_horizon_weeks(row.horizon_weeks);
  to.add_x(row.repeats.x);
  to.add_t_x(row.repeats.t_x);
  to.add_ln_gap_sum(row.repeats.ln_gap_sum);
  to.add_age(row.age);
  to.add_logit(row.logit_silent);
  to.add_contract(row.contract);
  for (std::size_t kind = 0; kind < risk::kSignalKinds; ++kind) {
    if (row.signals[kind] == 0) continue;
    to.add_signal_row(place);
    to.add_signal_kind(static_cast<std::uint32_t>(kind));
    to.add_signal(row.signals[kind]);
  }
  to.add_published(published);
}

Result<std::vector<OpenSnapshot>> RowsOf(const s::CadenceSnapshots& from) {
  const int n = from.at_ms_size();
  const bool whole = from.horizon_weeks_size() == n && from.x_size() == n && from.t_x_size() == n &&
                     from.ln_gap_sum_size() == n && from.age_size() == n && from.logit_size() == n &&
                     from.contract_size() == n && from.published_size() == n &&
                     from.signal_row_size() == from.signal_size() && from.signal_kind_size() == from.signal_size();
  if (!whole) return Fail(ErrorCode::kDataLoss, "the stored snapshots are damaged");
  std::vector<OpenSnapshot> rows;
  rows.reserve(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) {
    rows.push_back({{FromMs(from.at_ms(i)),
                     from.horizon_weeks(i),
                     from.logit(i),
                     from.contract(i),
                     {},
                     {from.x(i), from.t_x(i), from.ln_gap_sum(i)},
                     from.age(i)},
                    from.published(i)});
  }
  for (int i = 0; i < from.signal_size(); ++i) {
    if (from.signal_row(i) >= rows.size() || from.signal_kind(i) >= risk::kSignalKinds) {
      return Fail(ErrorCode::kDataLoss, "the stored snapshots are damaged");
    }
    rows[from.signal_row(i)].snapshot.signals[from.signal_kind(i)] = from.signal(i);
  }
  return rows;
}

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
  WriteSteps(learning.calibration.steps, *proto.mutable_steps());
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
  if (proto.weights_size() != kKinds || proto.precision_size() != kKinds * kKinds || proto.gate_size() != kChoices) {
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
  learning.calibration = {proto.c0(), proto.c1(), ReadSteps(proto.steps())};
  for (int i = 0; i < kChoices; ++i) learning.gate.log_likelihood[static_cast<std::size_t>(i)] = proto.gate(i);
  if (proto.has_learned_ms()) learning.learned_at = FromMs(proto.learned_ms());
  learning.labels = proto.labels();
  learning.matured = proto.matured();
  return learning;
}

std::string Encode(const std::vector<OpenSnapshot>& open) {
  s::CadenceSnapshots proto;
  for (const OpenSnapshot& row : open) AddRow(row.snapshot, row.published, proto);
  return proto.SerializeAsString();
}

Result<std::vector<OpenSnapshot>> DecodeSnapshots(std::string_view bytes) {
  s::CadenceSnapshots proto;
  MAINSTAY_TRY(Parse(bytes, "snapshots", proto));
  return RowsOf(proto);
}

std::string Encode(const std::vector<MaturedRecord>& labels, std::size_t from, std::size_t to) {
  s::CadenceSnapshots proto;
  for (std::size_t i = from; i < to; ++i) {
    AddRow(labels[i].row.snapshot, labels[i].published, proto);
    proto.add_left(labels[i].row.left);
  }
  return proto.SerializeAsString();
}

Result<std::vector<MaturedRecord>> DecodeLabels(std::string_view bytes) {
  s::CadenceSnapshots proto;
  MAINSTAY_TRY(Parse(bytes, "labels", proto));
  MAINSTAY_TRY_ASSIGN(rows, RowsOf(proto));
  if (proto.left_size() != std::ssize(rows)) return Fail(ErrorCode::kDataLoss, "the stored labels are damaged");
  std::vector<MaturedRecord> labels;
  labels.reserve(rows.size());
  for (int i = 0; i < proto.left_size(); ++i) {
    const OpenSnapshot& row = rows[static_cast<std::size_t>(i)];
    labels.push_back({{row.snapshot, proto.left(i)}, row.published});
  }
  return labels;
}

}  // namespace mainstay::cadence
