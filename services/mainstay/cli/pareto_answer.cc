#include "pareto_answer.h"

#include "mainstay/query/v1/segmentation.grpc.pb.h"
#include "mainstay/rpc/status.h"

namespace mainstay::cli {

Result<query::v1::GetParetoResponse> ReadPareto(Invocation& invocation, std::uint32_t limit) {
  query::v1::GetParetoRequest request;
  *request.mutable_query() = invocation.Book();
  request.set_limit(limit);
  MAINSTAY_TRY_ASSIGN(channel, invocation.Channel());
  const auto stub = query::v1::SegmentationService::NewStub(channel);
  grpc::ClientContext context;
  invocation.AskFor(context);
  const auto reader = stub->StreamPareto(&context, request);
  query::v1::GetParetoResponse answer;
  for (query::v1::GetParetoResponse piece; reader->Read(&piece);) answer.MergeFrom(piece);
  const grpc::Status status = reader->Finish();
  if (!status.ok()) return tl::unexpected(rpc::FromStatus(status));
  invocation.Answered(context);
  return answer;
}

}  // namespace mainstay::cli
