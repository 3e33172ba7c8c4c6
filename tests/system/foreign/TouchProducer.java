import java.nio.charset.StandardCharsets;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes touch events as a stock Java client does: key = book, partition by the client's own partitioner, CloudEvents
 * binary mode, and headers of its own (a tracing agent's, an empty one, one with bytes that are no text).
 *
 * <p>Arguments: brokers, topic, book, client, number of events, time of all of them.
 */
public final class TouchProducer {
  public static void main(String[] arguments) throws Exception {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", arguments[0]);
    settings.put("key.serializer", StringSerializer.class.getName());
    settings.put("value.serializer", StringSerializer.class.getName());
    settings.put("acks", "all");
    settings.put("compression.type", "gzip");
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings)) {
      for (int i = 0; i < Integer.parseInt(arguments[4]); ++i) {
        String data = "{\"repId\":\"java\",\"role\":\"SALES\",\"channel\":\"CALL\",\"direction\":\"OUTBOUND\",\"minutes\":5}";
        ProducerRecord<String, String> record = new ProducerRecord<>(arguments[1], arguments[2], data);
        header(record, "ce_specversion", "1.0");
        header(record, "ce_id", "java-" + i);
        header(record, "ce_source", "java");
        header(record, "ce_type", "mainstay.touch.Touched.v1");
        header(record, "ce_time", arguments[5]);
        header(record, "ce_partitionkey", arguments[2]);
        header(record, "ce_subject", arguments[3]);
        header(record, "content-type", "application/json; charset=utf-8");
        header(record, "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        record.headers().add("empty", null);
        record.headers().add("bytes", new byte[] {(byte) 0xff, 0, (byte) 0xfe});
        System.out.println(producer.send(record).get().partition());
      }
    }
  }

  private static void header(ProducerRecord<String, String> record, String name, String value) {
    record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
  }
}
