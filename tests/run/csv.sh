# Tables as text: trained, with the same result by any number of threads, and described.

mkdir -p csv && cat > csv/flowers.csv << 'END'
width,"height",kind,day
1,2,red,1
2,1,blue,1
1.5,2,red,2
2,1.5,blue,2
2.5,1,blue,3
END
cat > csv.snn << 'END'
model table {
    data csv(columns = "width, height", labels = "kind", classes = 2, name = "flowers", test = "day = 2", valid = "day = 3")
    time 8 steps
    out = mean(sample -> dense(8) -> lif -> dense(2) -> li)
    predict argmax(out)
    train { loss cross_entropy(out, label)  batch 2  epochs 3 }
}
END
same_bits csv table --validate valid
shows "csv: info says what is in the files" '^training set: 2 samples, 1 of each class' ./table info --data csv
shows "csv: samples of one file have no labels" '^sample,predicted,score_0' \
    ./table predict csv/flowers.csv --data csv --weights one.safetensors
gzip -c csv/flowers.csv > csv/flowers.csv.gz && rm csv/flowers.csv
shows "csv: may be packed" '^test set: 2 samples, 1 of each class' ./table info --data csv
printf 'width,height,kind,day\n1,"2,5",red,1\n' > csv/flowers.csv
shows "csv: info says what is wrong, and where" '^training set: no number \(csv/flowers.csv:2\)' ./table info --data csv
refuses "csv: training does, too" 1 'no number \(csv/flowers.csv:2\)' ./table train --data csv --out four.safetensors
