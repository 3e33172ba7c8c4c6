#include "serialize.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "mainstay/base/check.h"

namespace mainstay::wire {

std::string SerializeDeterministic(const google::protobuf::MessageLite& message) {
  std::string bytes;
  bytes.reserve(message.ByteSizeLong());
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeWithCachedSizes(&coded);
    MAINSTAY_CHECK(!coded.HadError(), "writing to a string failed");
  }
  return bytes;
}

}  // namespace mainstay::wire
