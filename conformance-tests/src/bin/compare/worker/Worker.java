import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.HashMap;
import java.util.Map;

/**
 * The JDBC driver as a client: takes orders `CASE ADDRESS ROWS TIMES` from its standard input,
 * answers `ok NUMBER...` or `error WORDS`.
 */
public final class Worker {
    /** What a program makes of a row. */
    record Row(long id, int small, Double ratio, String label, Timestamp at, boolean flag) {}

    private static long sum;

    public static void main(String[] arguments) throws Exception {
        Map<String, Connection> connections = new HashMap<>();
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
        for (String line = orders.readLine(); line != null; line = orders.readLine()) {
            String answer;
            try {
                answer = answer(connections, line.trim().split("\\s+"));
            } catch (Exception error) {
                answer = "error " + String.valueOf(error).replace('\n', ' ');
            }
            System.out.println(answer);
            System.out.flush();
        }
        for (Connection connection : connections.values()) {
            connection.close();
        }
        // What was read is used.
        System.err.println(sum);
    }

    private static String answer(Map<String, Connection> connections, String[] order) throws Exception {
        int rows = Integer.parseInt(order[2]);
        String url = "jdbc:arrow-flight-sql://" + order[1] + "/?useEncryption=false";
        Connection connection = connections.get(order[1]);
        if (connection == null) {
            connection = DriverManager.getConnection(url);
            connections.put(order[1], connection);
        }
        StringBuilder answer = new StringBuilder("ok");
        for (int time = Integer.parseInt(order[3]); time > 0; time--) {
            long started = System.nanoTime();
            int read;
            try (Statement statement = connection.createStatement();
                    ResultSet result = statement.executeQuery("SELECT * FROM numbers /* rows=" + rows + " */")) {
                read = switch (order[0]) {
                    case "query", "rows" -> getters(result);
                    case "struct" -> structs(result);
                    default -> throw new UnsupportedOperationException("unknown case");
                };
            }
            answer.append(' ').append((System.nanoTime() - started) / 1e9);
            if (read != rows) {
                throw new IllegalStateException(read + " rows instead of " + rows);
            }
        }
        return answer.toString();
    }

    private static int getters(ResultSet result) throws Exception {
        int rows = 0;
        while (result.next()) {
            sum += result.getLong(1);
            sum += result.getInt(2);
            result.getDouble(3);
            sum += result.wasNull() ? 0 : 1;
            sum += result.getString(4).length();
            sum += result.getTimestamp(5).getNanos();
            sum += result.getBoolean(6) ? 1 : 0;
            rows++;
        }
        return rows;
    }

    private static int structs(ResultSet result) throws Exception {
        int rows = 0;
        while (result.next()) {
            double ratio = result.getDouble(3);
            Double ratioOrNull = result.wasNull() ? null : ratio;
            Row row = new Row(result.getLong(1), result.getInt(2), ratioOrNull, result.getString(4),
                    result.getTimestamp(5), result.getBoolean(6));
            sum += row.id() + row.label().length();
            rows++;
        }
        return rows;
    }
}
