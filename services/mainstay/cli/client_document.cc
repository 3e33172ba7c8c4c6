#include "client_document.h"

#include "invocation.h"
#include "mainstay/query/v1/cadence.grpc.pb.h"
#include "mainstay/query/v1/segmentation.grpc.pb.h"
#include "mainstay/rpc/json.h"

namespace mainstay::cli {

namespace q = query::v1;

Result<q::OrderParameters> AskForOrderParameters(Invocation& invocation) {
  q::GetModelRequest request;
  *request.mutable_query() = invocation.Book();
  MAINSTAY_TRY_ASSIGN(model, (Call<q::CadenceService>(invocation, &q::CadenceService::Stub::GetModel, request)));
  return model.order_parameters();
}

Result<ClientAnswers> AskAboutClient(Invocation& invocation, const std::string& client, bool explain) {
  MAINSTAY_TRY_ASSIGN(orders, AskForOrderParameters(invocation));
  q::GetClientRequest who;
  *who.mutable_query() = invocation.Book();
  who.set_client(client);
  *who.mutable_orders() = std::move(orders);
  MAINSTAY_TRY_ASSIGN(segment,
                      (Call<q::SegmentationService>(invocation, &q::SegmentationService::Stub::GetClient, who)));
  q::GetCadenceRequest when;
  *when.mutable_query() = invocation.Book();
  when.set_client(client);
  when.set_explain(explain);
  MAINSTAY_TRY_ASSIGN(cadence, (Call<q::CadenceService>(invocation, &q::CadenceService::Stub::GetCadence, when)));
  return ClientAnswers{segment, cadence};
}

nlohmann::ordered_json ClientJson(const ClientAnswers& answers) {
  nlohmann::ordered_json json = rpc::ToJson(answers.who);
  const nlohmann::ordered_json cadence = rpc::ToJson(answers.when);
  for (const char* name : {"last_touch", "next_due", "overdue_since", "risk"}) json[name] = cadence.at(name);
  if (answers.when.has_inputs()) json["inputs"] = cadence.at("inputs");
  return json;
}

}  // namespace mainstay::cli
