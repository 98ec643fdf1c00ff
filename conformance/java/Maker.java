import com.tencentyun.TLSSigAPIv2;
import io.github.doocs.im.util.SigUtil;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.zip.Inflater;
import org.json.JSONArray;
import org.json.JSONObject;

/** Makes the signatures of a plan by tls-sig-api-v2 2.0 ("vendor"), which checks ours too, or by im-server-sdk-java. */
public class Maker {
    public static void main(String[] arguments) throws Exception {
        JSONObject plan = new JSONObject(Files.readString(Path.of(arguments[1])));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        boolean vendor = arguments[0].equals("vendor");
        JSONArray items = plan.getJSONArray("items");
        for (int n = 0; n < items.length(); n++) {
            JSONObject item = items.getJSONObject(n);
            out.println("made " + (vendor ? byVendor(item) : byDoocs(item)));
        }
        JSONArray ours = plan.getJSONArray("ours");
        for (int n = 0; vendor && n < ours.length(); n++) {
            out.println("checked " + check(plan, ours.getJSONObject(n)));
        }
    }

    static String byVendor(JSONObject item) {
        TLSSigAPIv2 api = new TLSSigAPIv2(item.getLong("app"), item.getString("key"));
        String identifier = item.getString("identifier");
        long expire = item.getLong("expire");
        switch (item.getString("buffer")) {
            case "none":
                return api.genUserSig(identifier, expire);
            case "room name":
                return api.genPrivateMapKeyWithStringRoomID(identifier, expire, "room-1", 42);
            default:
                return api.genPrivateMapKey(identifier, expire, 10000, 255);
        }
    }

    static String byDoocs(JSONObject item) {
        long app = item.getLong("app");
        String key = item.getString("key");
        String identifier = item.getString("identifier");
        long expire = item.getLong("expire");
        switch (item.getString("buffer")) {
            case "none":
                return SigUtil.genUserSig(app, key, identifier, expire);
            case "room name":
                return SigUtil.genPrivateMapKeyWithStringRoomId(app, key, identifier, expire, "room-1", 42);
            default:
                return SigUtil.genPrivateMapKey(app, key, identifier, expire, 10000, 255);
        }
    }

    static String check(JSONObject plan, JSONObject ours) throws Exception {
        String packed = ours.getString("signature").replace('*', '+').replace('-', '/').replace('_', '=');
        Inflater inflater = new Inflater();
        inflater.setInput(Base64.getDecoder().decode(packed));
        byte[] text = new byte[4096];
        JSONObject fields = new JSONObject(new String(text, 0, inflater.inflate(text), StandardCharsets.UTF_8));
        String identifier = ours.getString("identifier");
        TLSSigAPIv2 api = new TLSSigAPIv2(plan.getLong("app"), plan.getString("key"));
        Method hmac = TLSSigAPIv2.class.getDeclaredMethod("hmacsha256", String.class, long.class, long.class, String.class);
        hmac.setAccessible(true);
        Object expected = hmac.invoke(api, identifier, fields.getLong("TLS.time"), fields.getLong("TLS.expire"), null);
        boolean good = expected.equals(fields.getString("TLS.sig"))
            && fields.getString("TLS.identifier").equals(identifier)
            && fields.getLong("TLS.sdkappid") == plan.getLong("app");
        return good ? "good" : fields.toString();
    }
}
