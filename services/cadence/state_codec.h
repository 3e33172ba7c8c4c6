// What the codecs of the state share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/risk/calibration.h"
#include "mainstay/state/v1/cadence.pb.h"
#include "state.h"

namespace mainstay::cadence {

template <class Proto>
[[nodiscard]] Result<void> Parse(std::string_view bytes, const char* what, Proto& proto) {
  if (proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  return Fail(ErrorCode::kDataLoss, std::string("the stored ") + what + " is damaged");
}

inline void Write(const Stamp& from, state::v1::CadenceStamp& to) {
  to.set_time_ms(ToMs(from.at));
  to.set_event_id(from.event.raw());
}
[[nodiscard]] inline Stamp Read(const state::v1::CadenceStamp& from) {
  return {FromMs(from.time_ms()), EventId{from.event_id()}};
}

// The steps of a calibration, log-odds of the order model and published ones in turn.
inline void WriteSteps(const std::vector<risk::CalibrationStep>& from, google::protobuf::RepeatedField<double>& to) {
  for (const risk::CalibrationStep& step : from) {
    to.Add(step.logit);
    to.Add(step.calibrated);
  }
}
[[nodiscard]] inline std::vector<risk::CalibrationStep> ReadSteps(const google::protobuf::RepeatedField<double>& from) {
  std::vector<risk::CalibrationStep> steps;
  for (int i = 0; i + 1 < from.size(); i += 2) steps.push_back({from.Get(i), from.Get(i + 1)});
  return steps;
}

}  // namespace mainstay::cadence
