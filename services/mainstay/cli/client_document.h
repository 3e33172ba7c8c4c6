// Everything the services say about one client, as one document.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "mainstay/base/result.h"
#include "mainstay/query/v1/cadence.pb.h"
#include "mainstay/query/v1/segmentation.pb.h"

namespace mainstay::cli {

class Invocation;

struct ClientAnswers {
  query::v1::GetClientResponse who;
  query::v1::GetCadenceResponse when;
};

// How the clients of the invocation's book order, as cadence has fitted it: what potential is computed with.
[[nodiscard]] Result<query::v1::OrderParameters> AskForOrderParameters(Invocation& invocation);

// Asks about a client of the invocation's book. `explain`: every input of the risk score too.
[[nodiscard]] Result<ClientAnswers> AskAboutClient(Invocation& invocation, const std::string& client, bool explain);
// With the fields of the contract; `inputs` if they were asked for.
[[nodiscard]] nlohmann::ordered_json ClientJson(const ClientAnswers& answers);

}  // namespace mainstay::cli
