package lab;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.olap4j.mdx.AxisNode;
import org.olap4j.mdx.CallNode;
import org.olap4j.mdx.CubeNode;
import org.olap4j.mdx.DimensionNode;
import org.olap4j.mdx.DrillThroughNode;
import org.olap4j.mdx.HierarchyNode;
import org.olap4j.mdx.IdentifierNode;
import org.olap4j.mdx.LevelNode;
import org.olap4j.mdx.LiteralNode;
import org.olap4j.mdx.MemberNode;
import org.olap4j.mdx.ParameterNode;
import org.olap4j.mdx.ParseTreeNode;
import org.olap4j.mdx.ParseTreeVisitor;
import org.olap4j.mdx.PropertyValueNode;
import org.olap4j.mdx.SelectNode;
import org.olap4j.mdx.WithMemberNode;
import org.olap4j.mdx.WithSetNode;
import org.olap4j.mdx.parser.impl.DefaultMdxParserImpl;

/**
 * The names that olap4j's own MDX parser finds in many statements: a second opinion for Tilsyn's.
 *
 * <p>In: for each statement its length in bytes (32 bits, the highest first) and its UTF-8. Out: for each a line "parsed"
 * or "refused", and after "parsed" a line "name" with a tab and the name, for each name of more than one segment and
 * each quoted one. Line breaks in names are printed as blanks.
 */
public final class MdxNames implements ParseTreeVisitor<Void> {
    private final PrintStream out;

    private MdxNames(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        DataInputStream in = new DataInputStream(System.in);
        for (;;) {
            byte[] text;
            try {
                text = new byte[in.readInt()];
            } catch (EOFException end) {
                break;
            }
            in.readFully(text);
            SelectNode select;
            try {
                select = new DefaultMdxParserImpl().parseSelect(new String(text, StandardCharsets.UTF_8));
            } catch (RuntimeException | Error refused) {
                out.println("refused");
                continue;
            }
            out.println("parsed");
            new MdxNames(out).visit(select);
        }
        out.flush();
    }

    private void walk(ParseTreeNode node) {
        if (node != null) node.accept(this);
    }

    @Override public Void visit(SelectNode select) {
        walk(select.getFrom());
        select.getWithList().forEach(this::walk);
        select.getAxisList().forEach(axis -> walk(axis.getExpression()));
        if (select.getFilterAxis() != null) walk(select.getFilterAxis().getExpression());
        return null;
    }

    @Override public Void visit(IdentifierNode id) {
        boolean quoted = id.getSegmentList().get(0).getQuoting() != org.olap4j.mdx.Quoting.UNQUOTED;
        if (quoted || id.getSegmentList().size() > 1) out.println("name\t" + id.toString().replaceAll("[\\r\\n]+", " "));
        return null;
    }

    @Override public Void visit(WithMemberNode member) {
        walk(member.getExpression());
        return null;
    }

    @Override public Void visit(WithSetNode set) {
        walk(set.getExpression());
        return null;
    }

    @Override public Void visit(DrillThroughNode drillthrough) {
        return null;
    }

    // The parser's accept() goes on to the arguments by itself.
    @Override public Void visit(CallNode call) { return null; }
    @Override public Void visit(AxisNode axis) { return null; }
    @Override public Void visit(ParameterNode parameter) { return null; }
    @Override public Void visit(PropertyValueNode property) { return null; }
    @Override public Void visit(LiteralNode literal) { return null; }
    @Override public Void visit(CubeNode cube) { return null; }
    @Override public Void visit(DimensionNode dimension) { return null; }
    @Override public Void visit(HierarchyNode hierarchy) { return null; }
    @Override public Void visit(LevelNode level) { return null; }
    @Override public Void visit(MemberNode member) { return null; }
}
